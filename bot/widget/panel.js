// The panel around the talk: header, what stands before the first message, form; opening, closing, the focus.

import { request } from "./api.js";
import { callLinks, phoneOf } from "./cards.js";
import { startChat } from "./chat.js";
import { button, el, link, paragraphs, row } from "./dom.js";
import { memoryOf } from "./memory.js";
import { makeMenu } from "./menu.js";
import { fill, MOST, parse, readClinic } from "./text.js";

const PATIENCE = 4000; // milliseconds for a clinic's settings; a visitor need not wait for them

/** The panel of an element; resolves when it can be shown. `tell(name, detail)` sends an event to the page. */
export async function makePanel(given) {
  const { host, shadow, server, strings, tell } = given;
  const id = host.getAttribute("clinic") || "demo";
  const memory = memoryOf(server.host + server.pathname + id, host.getAttribute("keep"));
  const settings = await Promise.race([
    request(server, "GET", `clinics/${encodeURIComponent(id)}`).catch(() => {}),
    new Promise((late) => setTimeout(late, PATIENCE)),
  ]);
  const clinic = readClinic(settings ?? parse(memory.record.clinic), strings);
  memory.keepFor(clinic.keep_days);
  const inline = host.hasAttribute("inline");
  const phone = matchMedia("(max-width: 30rem), (max-height: 26rem)");
  const coarse = matchMedia("(pointer: coarse)").matches;
  const ended = new AbortController();
  const on = (target, name, listener) => target?.addEventListener(name, listener, { signal: ended.signal });
  const close = () => host.close();

  // What stands before the first message

  const ours = (name, href) => href && link({ label: strings[name], href }, "choice");
  const { heading, signs, links } = clinic.emergency;
  const emergency = el("section.emergency", { tabIndex: -1, "aria-label": strings.signs }, el("h3", heading),
    el("ul", ...signs.map((sign) => el("li", sign))), callLinks(links));
  const examples = el("div", el("p.small", strings.examples_label),
    row("choices", strings.examples.map((text) => button(text, () => chat.say(text)))));
  const consent = el("div.emergency consent", ...paragraphs(clinic.consent), button(strings.agree, () => {
    memory.change((record) => Object.assign(record, { agreed: clinic.consent, at: Date.now() }));
    input.focus();
  }, "primary"));
  const intro = el("div.intro", el("p.greeting", clinic.greeting), el("p", strings.what),
    el("p", fill(strings.kept, clinic)),
    row("links", ["privacy", "terms"].map((name) => ours(name, clinic.links[name]))), consent, emergency,
    el("p", clinic.hours.text), row("links", [phoneOf(clinic, strings), ours("booking", clinic.booking)]), examples);

  // The parts

  const menu = makeMenu({ strings, clinic, shadow, memory }, () => chat);
  const unfold = button(strings.show_all, () => alerts.toggleAttribute("data-short", false), "choice unfold");
  const alerts = el("section.alerts", { part: "alert", "data-short": "" },
    el("div", { role: "alert" }), unfold);
  const input = el("textarea", { id: "input", rows: 1, maxLength: MOST, enterKeyHint: "send", autocomplete: "off" });
  const log = el("div.log", { role: "log", tabIndex: 0, part: "log", "aria-label": strings.log_label, "aria-live": "off" });
  const status = el("p.status", { role: "status" });
  const strip = el("div.strip", link(links[0]), button(strings.signs, () => {
    emergency.scrollIntoView();
    emergency.focus();
  }));
  const form = el("form", { noValidate: true }, el("label", { htmlFor: "input" }, strings.input_label),
    el("div.field", { part: "input" }, input, el("button.primary", strings.send)));
  const offline = el("p.status offline", { role: "status" });
  const title = el("h2", { id: "title", tabIndex: -1 }, clinic.name);
  const panel = el(inline ? "section.panel" : "dialog.panel", {
    part: "panel", lang: strings.lang, dir: strings.dir, "aria-labelledby": "title",
  }, el("div.head", { part: "header" }, clinic.logo && el("img", { src: clinic.logo, alt: "" }),
    el("div", title, el("p", clinic.hours.open_now ? strings.open_now : clinic.hours.next)), menu.opener,
    !inline && el("button.icon close", { onclick: close, "aria-label": strings.close }, "\u00d7")),
  menu.node, alerts, strip, log, offline, status, form);
  for (const [name, colour] of Object.entries(clinic.colours)) {
    if (/^#\w{6}$/.test(colour)) panel.style.setProperty(`--clinic-${name.replaceAll("_", "-")}`, colour);
  }
  const view = { panel, log, alerts, status, form, input, intro, consent, examples, coarse };
  const chat = startChat({ view, server, id, memory, strings, clinic, tell });
  shadow.append(panel);

  // What happens around it

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => panel.toggleAttribute("data-dark", (host.getAttribute("scheme") ?? (dark.matches && "dark")) === "dark");
  const checkLine = () => { offline.textContent = navigator.onLine ? "" : strings.offline; };
  /** Above the on-screen keyboard, which in some browsers covers the page without making it smaller. */
  const fit = () => {
    const { height, offsetTop, scale } = window.visualViewport;
    if (scale > 1.01) return; // zoomed in by hand: what is under the fingers stays where it is
    panel.style.setProperty("--seen", `${height}px`);
    panel.style.setProperty("--seen-top", `${offsetTop}px`);
  };
  on(dark, "change", dress);
  on(window, "online", checkLine);
  on(window, "offline", checkLine);
  on(window.visualViewport, "resize", fit);
  on(window.visualViewport, "scroll", fit);
  on(phone, "change", () => host.hasAttribute("open") && present());
  on(panel, "cancel", (event) => {
    event.preventDefault();
    close();
  });
  for (const name of ["keydown", "keypress", "keyup"]) {
    on(panel, name, (event) => {
      event.stopPropagation(); // the page's own shortcuts are not for what is typed here
      if (name !== "keydown" || event.key !== "Escape" || event.isComposing) return;
      event.preventDefault(); // else a modal dialog closes by itself, menu or not
      if (!menu.node.hidden) menu.hide();
      else if (!inline) close();
    });
  }
  dress();
  checkLine();
  if (window.visualViewport) fit();

  /** A sheet over the whole screen on phones, else a panel above whatever the page stacks, which stays usable. */
  function present() {
    const active = shadow.activeElement;
    withdraw();
    if (phone.matches && panel.showModal) {
      panel.showModal();
    } else if (panel.showPopover) {
      panel.popover = "manual";
      panel.showPopover();
    } else {
      panel.show?.();
    }
    active?.focus();
  }

  function withdraw() {
    panel.removeAttribute("popover"); // closes it, too
    if (panel.open) panel.close();
  }

  return {
    show(focus) {
      if (!inline) present();
      // Only now: what is already there when the panel opens is not read out.
      setTimeout(() => log.setAttribute("aria-live", "polite"), 100);
      chat.toEnd();
      if (focus) (coarse || !chat.agreed() ? title : input).focus();
    },
    hide() {
      menu.hide();
      withdraw();
    },
    /** The element has left the page. */
    end() {
      chat.end();
      ended.abort();
      panel.remove();
    },
  };
}
