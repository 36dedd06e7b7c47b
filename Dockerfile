# Earmark in a container: one process, one volume for everything that is kept.
FROM python:3.12-slim

# libsndfile comes with the soundfile package; nothing else of the system is needed.
RUN useradd --create-home --uid 10001 earmark && install -d -o earmark -g earmark -m 700 /data
WORKDIR /app

# Dependencies first: they change less often than the code.
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY bot ./bot
COPY cogs ./cogs
COPY storage ./storage

ENV EARMARK_DATA=/data EARMARK_METRICS_PORT=9427 PYTHONUNBUFFERED=1
USER earmark
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "bot", "status"]
CMD ["python", "-m", "bot", "run"]
