// What a visitor does with the talk as a whole: start over, copy, print, delete.

import { button, el } from "./dom.js";
import { fill, transcript } from "./text.js";

/** The menu and the button that opens it; `chat()` gives the talk. */
export function makeMenu({ strings, clinic, shadow, memory }, chat) {
  const node = el("div.menu", { id: "menu", hidden: true });
  const opener = button(strings.menu, () => (node.hidden ? show() : hide()), "icon");
  const open = (shown) => {
    node.hidden = !shown;
    opener.setAttribute("aria-expanded", shown);
  };
  const item = (name, act, kind) => button(strings[name], () => {
    hide();
    act();
  }, kind);
  open(false);

  function show() {
    node.replaceChildren(item("start_over", () => chat().startOver()), item("copy", copy), item("print", print),
      button(strings.delete, sure));
    open(true);
    node.firstChild.focus();
  }

  function hide() {
    const inside = node.contains(shadow.activeElement);
    open(false);
    if (inside) opener.focus();
  }

  function sure() {
    const keep = item("delete_no", () => {});
    node.replaceChildren(el("p", strings.delete_sure), item("delete_yes", () => chat().delete(), "choice danger"), keep);
    keep.focus();
  }

  const lines = () => [[fill(strings.transcript, clinic), strings.caveat],
    ...transcript(memory.record.turns, strings, Date.now())];

  async function copy() {
    const text = lines().map((part) => part.join("\n")).join("\n\n");
    chat().note(await navigator.clipboard.writeText(text).then(() => "copied", () => "failed"));
  }

  /** In a frame of its own, so that the clinic's page is not printed with it. */
  function print() {
    const frame = el("iframe.unseen", { tabIndex: -1 });
    shadow.append(frame);
    const { contentDocument: paper, contentWindow: page } = frame;
    paper.body.append(...lines().flatMap(([head, text]) => [el("h3", head), ...text.split("\n").map((line) => el("p", line))]));
    page.onafterprint = () => frame.remove();
    page.print();
  }

  return { node, opener, hide };
}
