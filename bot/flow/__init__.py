"""The way of the data: link, rate, retrain, predict. No Discord, SQL or HTTP here."""
