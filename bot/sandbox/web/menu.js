// Small things that float: the menu of a message and the emoji picker.

import { h, icon } from "./dom.js";
import { emoji } from "./media.js";
import { nameOf } from "./state.js";

const EMOJI = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟", "👍", "👎", "❤️", "🔥", "🎉", "😂", "😍", "😮", "🤔", "🙏", "🎵",
  "🎸", "🥁", "💤", "✅"];
let open = null; // {box, anchor}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.box.contains(event.target) && !open.anchor.contains(event.target)) close(false);
});
window.addEventListener("resize", () => close(false));

function close(refocus = true) {
  if (!open) return;
  const { box, anchor } = open;
  open = null;
  box.remove();
  anchor.removeAttribute("aria-expanded");
  if (refocus && anchor.isConnected) anchor.focus({ preventScroll: true });
}

/** Show a box beside its anchor; arrow keys go through its buttons, Escape closes it. */
function float(anchor, box, columns) {
  const again = open?.anchor === anchor;
  close(again);
  if (again) return;
  document.body.append(box);
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const top = at.bottom + height + 12 > innerHeight ? Math.max(8, at.top - height - 6) : at.bottom + 6;
  box.style.setProperty("top", `${top}px`);
  box.style.setProperty("left", `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`);
  anchor.setAttribute("aria-expanded", "true");
  open = { box, anchor };
  const buttons = [...box.querySelectorAll("button")];
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    const here = buttons.indexOf(document.activeElement);
    const to = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1
      : event.key in steps ? here + steps[event.key] : null;
    if (to === null) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length].focus();
  });
  buttons[0]?.focus({ preventScroll: true });
}

/** Show the menu of a message; `entries` are {icon, name, run, app?, danger?}. */
export function openMessageMenu(anchor, message, entries) {
  const items = entries.map((entry) => h("button", { type: "button", role: "menuitem",
    class: entry.danger ? "danger" : null, "data-testid": "menu-item", click: () => {
      close();
      entry.run();
    } }, icon(entry.icon), h("span", {}, entry.name, entry.app ? h("small", {}, entry.app) : null)));
  float(anchor, h("div", { class: "float menu-box", role: "menu",
    "aria-label": `Message of ${nameOf(message.author)}` }, items), 1);
}

/** Show the emoji picker and give what was picked to `picked`. */
export function pickEmoji(anchor, picked) {
  const items = EMOJI.map((name) => h("button", { type: "button", "aria-label": name, "data-emoji": name, click: () => {
    close();
    picked(name);
  } }, emoji({ name })));
  float(anchor, h("div", { class: "float picker", role: "dialog", "aria-label": "Pick a reaction",
    "data-testid": "picker" }, items), 5);
}
