// <footnote-chat>: the launcher. All that a page loads before a visitor asks; the chat itself comes on first use.

const { files, css, words } = $served; // filled in by bot/web/widget_files.py
const SERVER = new URL(".", import.meta.url);
const NAME = "footnote-chat";
const PATIENCE = 10_000; // milliseconds for the chat to load; then the emergency lines are shown in its place

/** What `act` does with this tab's storage; undefined where it is blocked. */
function stored(act) {
  try {
    return act(sessionStorage);
  } catch {
    return undefined;
  }
}

class FootnoteChat extends HTMLElement {
  static observedAttributes = ["open"];
  #shadow = this.attachShadow({ mode: "open" });
  #launcher = document.createElement("button");
  #note = document.createElement("div");
  #loading = null;
  #panel = null;
  #tries = 0;
  #from = null; // what opened the panel, and gets the focus back
  #seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#show());

  constructor() {
    super();
    this.#style(css);
    const launcher = this.#launcher;
    launcher.className = launcher.part = "launcher";
    launcher.onclick = () => this.open();
    this.#note.className = "note";
    this.#note.setAttribute("role", "alert");
    this.#shadow.append(launcher, this.#note);
  }

  connectedCallback() {
    // What no page need style by itself: "#0b5e57 #ffffff", the launcher's ground and its words.
    const colours = this.getAttribute("colours")?.split(" ") ?? [];
    colours.forEach((colour, n) => this.style.setProperty(n ? "--clinic-on-accent" : "--clinic-accent", colour));
    this.#launcher.textContent = this.getAttribute("label") ?? this.#words.open;
    if (this.#inline) this.#seen.observe(this);
    else if (this.hasAttribute("open")) this.#show();
    else if (innerWidth > 480 && stored((storage) => storage[this.#key])) this.#show();
  }

  disconnectedCallback() {
    this.#seen.disconnect();
    this.#panel?.end();
    this.#panel = this.#loading = null;
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || this.#inline) return;
    if (now === null) this.#hide();
    else if (before === null && !this.#panel?.shown) this.#show(true);
  }

  /** Show the panel, loading it first where need be. */
  open() {
    this.#from = this.#shadow.activeElement ?? document.activeElement;
    this.setAttribute("open", "");
  }

  close() {
    this.removeAttribute("open");
  }

  get #inline() {
    return this.hasAttribute("inline");
  }

  get #words() {
    return words[this.lang] ?? words.en;
  }

  /** Where it is kept whether the panel was open on the page before. */
  get #key() {
    return `footnote-open:${SERVER}${this.getAttribute("clinic")}`;
  }

  /** In the two ways that a strict Content-Security-Policy allows for, old browsers' last. */
  #style(text) {
    if (this.#shadow.adoptedStyleSheets) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      this.#shadow.adoptedStyleSheets = [...this.#shadow.adoptedStyleSheets, sheet];
    } else {
      this.#shadow.append(Object.assign(document.createElement("style"), { textContent: text }));
    }
  }

  async #show(focus) {
    this.#launcher.setAttribute("aria-busy", true);
    try {
      this.#panel = await Promise.race([
        this.#loading ??= this.#load(), new Promise((_, tooLate) => setTimeout(tooLate, PATIENCE)),
      ]);
      if (!this.isConnected || (focus && !this.hasAttribute("open"))) return;
      this.#note.textContent = "";
      this.#panel.shown = true;
      this.setAttribute("open", "");
      this.#panel.show(focus);
      if (!this.#inline) stored((storage) => { storage[this.#key] = 1; });
      this.#tell("open");
    } catch {
      this.#fail();
    } finally {
      this.#launcher.removeAttribute("aria-busy");
    }
  }

  #hide() {
    if (!this.#panel?.shown) return;
    this.#panel.shown = false;
    this.#panel.hide();
    stored((storage) => storage.removeItem(this.#key));
    (this.#from?.isConnected ? this.#from : this.#launcher).focus();
    this.#tell("close");
  }

  async #load() {
    // A browser may keep in mind that a module failed: each try goes to an address of its own.
    const { makePanel, style, strings } = await import(new URL(`${files}${this.#tries++ || ""}/${this.#words.file}`, SERVER));
    this.#style(style);
    return makePanel({ host: this, shadow: this.#shadow, server: SERVER, strings, tell: (...event) => this.#tell(...event) });
  }

  /** The chat did not load: say what to do in an emergency, which must not depend on it. */
  #fail() {
    const { unreachable, links } = this.#words;
    this.#loading = null;
    this.#note.replaceChildren(unreachable, ...links.map(({ label, href }) =>
      Object.assign(document.createElement("a"), { textContent: label, href })));
    this.close();
    this.#tell("error", { status: 0 });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`footnote:${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** Makes the elements that script tags ask for, but one of a kind: a tag may have come in twice. */
function start() {
  // A module does not know its tag (`document.currentScript` is null): it is found by its address.
  for (const tag of document.querySelectorAll("script[data-clinic]")) {
    const { clinic, inline } = tag.dataset;
    const same = (other) => other.getAttribute("clinic") === clinic && other.getAttribute("inline") === (inline ?? null);
    if (tag.src !== import.meta.url || [...document.querySelectorAll(NAME)].some(same)) continue;
    const element = document.createElement(NAME);
    for (const [name, value] of Object.entries(tag.dataset)) element.setAttribute(name, value);
    if (inline === undefined) document.body.append(element);
    else tag.after(element);
  }
}

if (!customElements.get(NAME)) {
  customElements.define(NAME, FootnoteChat);
  // Any link to #footnote-chat opens the chat, so that a page needs no script of its own.
  document.addEventListener("click", (event) => {
    const element = event.target.closest?.('a[href$="#footnote-chat"]') && document.querySelector(`${NAME}:not([inline])`);
    if (!element) return;
    event.preventDefault();
    element.open();
  });
}
if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
