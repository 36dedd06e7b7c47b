// The human API of the sandbox, as functions.

const TOKEN = document.querySelector('meta[name="sandbox-token"]').content;
const HEADERS = { "X-Earmark-Sandbox": TOKEN };

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    const problem = new Error(body.error ?? `The sandbox answered ${response.status}.`);
    problem.status = response.status;
    throw problem;
  }
  return body;
}

export function get(path, query = {}) {
  return answer(fetch(`/human/${path}?${new URLSearchParams(query)}`, { headers: HEADERS }));
}

export function post(path, body) {
  const headers = { ...HEADERS, "Content-Type": "application/json" };
  return answer(fetch(`/human/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Upload one File; gives {upload_id, filename, size}. */
export function upload(file) {
  const form = new FormData();
  form.append("file", file, file.name || "file");
  return answer(fetch("/human/upload", { method: "POST", headers: HEADERS, body: form }));
}

/** Follow what a member sees; gives a function that stops. `lost` is called while the stream is down. */
export function follow(member, { event, open, lost }) {
  const source = new EventSource(`/human/events?${new URLSearchParams({ member, token: TOKEN })}`);
  source.onmessage = (said) => event(JSON.parse(said.data));
  source.onopen = open;
  source.onerror = () => lost(source.readyState === EventSource.CLOSED);
  return () => source.close();
}

/** Wait until the bot has done something with an interaction: its state, and its modal or error. */
export async function outcome(id, member) {
  for (;;) {
    const now = await get(`interactions/${id}`, { member, wait: 1 });
    if (now.state !== "pending") return now;
  }
}
