// Files, pictures, emoji and faces.

import { bdi, h, icon } from "./dom.js";
import { member } from "./state.js";
import { size } from "./time.js";

/** Give an address as this page may load it: the sandbox's own files without their host. */
export function local(url) {
  if (!url) return null;
  try {
    const parsed = new URL(url, location.href);
    const own = ["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname) && parsed.port === location.port;
    if (own) return parsed.pathname + parsed.search;
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** Draw somebody's avatar: the first letter on the member's own colour. */
export function face(user) {
  if (user.bot) return h("span", { class: "face bot" }, h("img", { src: "/static/icon.svg", alt: "" }));
  const drawn = h("span", { class: "face", "aria-hidden": "true" }, [...(user.global_name ?? user.name ?? user.username)][0]);
  const color = member(user.id)?.color ?? (user.avatar ? `#${user.avatar.slice(-6)}` : null);
  if (color && /^#[0-9a-f]{6}$/i.test(color)) drawn.style.setProperty("--face", color);
  return drawn;
}

/** Show a picture that opens in a window of its own. */
export function picture({ url, description, width, height, spoiler, name }, extra = "") {
  const address = local(url);
  const image = h("img", { src: address, alt: description ?? name ?? "", loading: "lazy", width, height });
  const opened = h("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: `picture ${extra}`,
    "aria-label": `Open the picture${description || name ? `: ${description || name}` : ""}` }, image);
  return spoiler ? h("span", { class: "spoiler media", tabindex: "0", role: "button",
    "aria-label": "Spoiler, show it" }, opened) : opened;
}

export function fileCard({ url, filename, size: bytes, title }) {
  const address = local(url);
  return h("div", { class: "file" }, icon("file"),
    h("span", { class: "file-name" }, bdi(title ?? filename ?? "file"),
      bytes === undefined || bytes === null ? null : h("small", {}, size(bytes))),
    h("a", { href: address, download: filename, class: "icon-button", "aria-label": `Download ${filename ?? "file"}` },
      icon("download")));
}

/** Show an attachment of a classic message: picture, player or file. */
export function attachment(file) {
  const type = file.content_type ?? "";
  if (type.startsWith("image/") && file.width) {
    return picture({ ...file, name: file.filename, spoiler: file.filename.startsWith("SPOILER_") });
  }
  if (type.startsWith("audio/")) {
    const address = local(file.url);
    return h("div", { class: "audio", "data-key": address },
      h("div", { class: "audio-head" }, icon("note"), bdi(file.title ?? file.filename), h("small", {}, size(file.size)),
        h("a", { href: address, download: file.filename, class: "icon-button", "aria-label": `Download ${file.filename}` },
          icon("download"))),
      h("audio", { src: address, controls: true, preload: "metadata", "aria-label": file.description ?? file.filename }));
  }
  if (type.startsWith("video/")) {
    return h("video", { src: local(file.url), controls: true, preload: "metadata", "aria-label": file.filename });
  }
  return fileCard(file);
}

const KEYCAP = /^([0-9#*])\ufe0f?\u20e3$/;

/** Show an emoji; keycaps are drawn, because many machines have no font for them. */
export function emoji({ name, id }) {
  if (id) return h("span", { class: "emoji word" }, `:${name}:`);
  const cap = name === "🔟" ? "10" : KEYCAP.exec(name ?? "")?.[1];
  if (cap) return h("span", { class: "emoji keycap", title: name }, cap);
  return h("span", { class: "emoji" }, name ?? "");
}

export const emojiKey = ({ name, id }) => (id ? `${name}:${id}` : name);
