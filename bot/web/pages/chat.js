// The chat of the demo page: finds its section, puts the chat in place of what stands there.
// Drawing is in render.js, the API in api.js, every visible word in strings.en.json.

import { ChatApi, openStorage } from "./api.js";
import { button, el, fill, link, replyCard, visitorBubble } from "./render.js";

const MAX = 1000;
const COUNT_FROM = 800;

class Chat {
  #busy = false;
  #talk = 0; // rises with each start over: an answer to an earlier talk is dropped
  #deletedBefore = 0; // talks below this were deleted
  #shown = []; // {card, place}: the warnings on top, and where in the log they were said

  constructor(section, strings) {
    this.section = section;
    this.strings = strings;
    this.facts = section.dataset;
    this.api = new ChatApi({ base: document.baseURI, clinic: this.facts.clinic, storage: openStorage() });
    this.#draw();
  }

  #draw() {
    const { strings } = this;
    this.alerts = el("div", { className: "fn-alerts", role: "alert" });
    this.log = el("div", { className: "fn-log", role: "log", tabIndex: 0 });
    this.log.setAttribute("aria-live", "polite");
    this.log.setAttribute("aria-label", strings.log_label);
    this.status = el("p", { className: "fn-status", role: "status" });
    this.input = el("textarea", { id: "fn-input", rows: 2, maxLength: MAX, enterKeyHint: "send", autocomplete: "off" });
    this.input.setAttribute("aria-describedby", "fn-hint");
    this.count = el("span", { className: "fn-count" });
    this.form = el("form", { className: "fn-form", noValidate: true },
      el("label", { htmlFor: "fn-input", textContent: strings.input_label }),
      el("div", { className: "fn-field" }, this.input, el("button", { className: "fn-send", textContent: strings.send })),
      el("p", { className: "fn-hint", id: "fn-hint", textContent: strings.input_hint }), this.count);
    this.tools = el("div", { className: "fn-tools" });
    this.#showTools();
    this.section.replaceChildren(
      el("h2", { id: "fn-title", textContent: strings.title }), this.#intro(), this.alerts, this.log, this.status,
      this.form, this.tools);
    this.#examples();
    if (this.api.conversation !== null) this.status.textContent = strings.goes_on;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("keydown", (event) => {
      // `isComposing`: Enter that ends the spelling of a word in an input method is no "send".
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("input", () => this.#countLeft());
  }

  #intro() {
    const { strings, facts } = this;
    return el("div", { className: "fn-intro" },
      el("p", { textContent: fill(strings.intro, { keep_days: facts.keepDays }) }),
      el("p", { className: "fn-numbers" },
        `${strings.intro_emergency} `, link(facts.emergency, facts.emergencyHref, "fn-number"), ". ",
        `${strings.intro_crisis} `, link(facts.crisis, facts.crisisHref, "fn-number"), "."));
  }

  #examples() {
    const choices = this.strings.examples.map((text) => button(text, () => this.say(text)));
    this.log.append(el("div", { className: "fn-examples" },
      el("p", { className: "fn-small-title", textContent: this.strings.examples_label }),
      el("div", { className: "fn-choices" }, ...choices)));
  }

  #countLeft() {
    const left = MAX - this.input.value.length;
    this.count.textContent = left < MAX - COUNT_FROM ? fill(this.strings.left, { count: left }) : "";
  }

  #submit() {
    const text = this.input.value.trim();
    if (!text) {
      this.status.textContent = this.strings.empty;
      return;
    }
    if (this.say(text)) {
      this.input.value = "";
      this.#countLeft();
    }
  }

  /** Send a text as the visitor's; false when the last one is still under way. */
  say(text) {
    if (this.#busy) {
      this.status.textContent = this.strings.busy;
      return false;
    }
    this.log.querySelector(".fn-examples")?.remove();
    const bubble = visitorBubble(text, this.strings);
    this.log.append(bubble);
    this.#send(text, bubble);
    this.input.focus({ preventScroll: true });
    return true;
  }

  async #send(text, bubble) {
    const talk = this.#talk;
    this.#setBusy(true);
    this.#scrollTo(bubble);
    try {
      const answer = await this.api.send(text);
      if (talk !== this.#talk) {
        // Not shown, but what it started must not outlive a deletion that came meanwhile, and stay deletable.
        if (talk < this.#deletedBefore) this.api.delete(answer.conversation).catch(() => {});
        else this.api.remember(answer.conversation);
        return;
      }
      this.api.conversation = answer.conversation;
      this.#show(answer, text, bubble);
    } catch (error) {
      if (talk === this.#talk) this.#fail(error, text, bubble);
    } finally {
      if (talk === this.#talk) this.#setBusy(false);
    }
  }


  #setBusy(busy) {
    this.#busy = busy;
    this.section.toggleAttribute("data-busy", busy);
    this.status.textContent = busy ? this.strings.typing : "";
  }

  #show({ conversation, replies, standing_tier: standing }, text, bubble) {
    const tools = {
      strings: this.strings,
      onSay: (words) => this.say(words),
      onRate: (id, value) => this.api.rate(id, value, conversation).then(() => true, () => false),
    };
    const warnings = replies.filter((reply) => reply.kind === "escalation");
    // Without its engine the server does not know what was told before: then what stands goes on standing.
    const unknown = replies.some((reply) => reply.kind === "unavailable");
    if (warnings.length || (standing === null && !unknown)) this.#retireWarnings();
    for (const reply of replies) {
      const card = replyCard(reply, tools);
      if (reply.kind !== "escalation") {
        if (reply.kind === "unavailable") card.append(this.#retryButton(text, bubble, card));
        this.log.append(card);
        continue;
      }
      const place = el("div", { className: "fn-place", hidden: true });
      place.setAttribute("aria-live", "off"); // read out once, as an alert; not again when it moves here
      this.log.append(place);
      this.alerts.append(card);
      this.#shown.push({ card, place });
    }
    if (warnings.length) this.alerts.scrollIntoView({ block: "nearest" });
    this.#scrollTo(bubble);
  }

  /** Warnings that newer ones replace, or that no longer hold, go to the log where they were said. */
  #retireWarnings() {
    for (const { card, place } of this.#shown) {
      place.append(card);
      place.hidden = false;
    }
    this.#shown = [];
  }

  #retryButton(text, bubble, notice) {
    return button(this.strings.retry, () => {
      if (this.#busy) return;
      notice.remove();
      this.#send(text, bubble);
      this.input.focus({ preventScroll: true });
    });
  }

  #fail(error, text, bubble) {
    const { strings, facts } = this;
    if (error.status === 401 && this.api.conversation !== null) {
      this.api.conversation = null;
      this.#retireWarnings();
      this.log.append(el("p", { className: "fn-note", textContent: strings.fresh_after_end }));
      this.#setBusy(false);
      this.#send(text, bubble);
      return;
    }
    if ([400, 413, 422].includes(error.status)) {
      // Sending the same again would fail the same: give the words back to be changed.
      bubble.remove();
      if (!this.input.value) this.input.value = text;
      const long = error.status === 413 || text.length > MAX;
      this.log.append(el("p", { className: "fn-note", textContent: long ? strings.too_long : strings.refused }));
      return;
    }
    const words = error.status === 429 ? fill(strings.too_many, { seconds: error.retryAfter ?? 60 }) : strings.offline;
    const notice = el("div", { className: "fn-failure" }, el("p", { textContent: words }));
    notice.append(this.#retryButton(text, bubble, notice));
    notice.append(el("p", { textContent: strings.offline_help }), el("div", { className: "fn-links" },
      link(fill(strings.call, { number: facts.emergency }), facts.emergencyHref),
      link(fill(strings.call, { number: facts.crisis }), facts.crisisHref),
      link(fill(strings.call, { number: facts.clinicName }), facts.phoneHref)));
    bubble.after(notice);
    this.#scrollTo(bubble);
  }

  /** The start of the newest turn on top: long answers are read from their first line. */
  #scrollTo(bubble) {
    this.log.scrollTop = bubble.offsetTop - 8; // the log is positioned, so this is measured from its top
  }

  // Start over, delete

  #showTools() {
    this.tools.replaceChildren(
      button(this.strings.start_over, () => this.#startOver(this.strings.started_over), "fn-tool"),
      button(this.strings.delete, () => this.#askDelete(), "fn-tool"));
  }

  #startOver(words) {
    this.#talk += 1;
    this.#setBusy(false);
    this.api.conversation = null;
    this.#shown = [];
    this.alerts.replaceChildren();
    this.log.replaceChildren();
    this.#examples();
    this.status.textContent = words;
    this.input.focus();
  }

  #askDelete() {
    if (!this.api.all.length && !this.#busy) {
      this.status.textContent = this.strings.nothing_kept;
      return;
    }
    const keep = button(this.strings.delete_no, () => {
      this.#showTools();
      this.tools.lastChild.focus();
    }, "fn-tool");
    this.tools.replaceChildren(
      el("p", { id: "fn-sure", textContent: this.strings.delete_sure }),
      button(this.strings.delete_yes, () => this.#delete(), "fn-tool fn-danger"), keep);
    keep.setAttribute("aria-describedby", "fn-sure");
    keep.focus();
  }

  async #delete() {
    const answering = this.#busy;
    this.#showTools();
    this.#busy = true;
    try {
      await this.api.deleteAll();
      this.#deletedBefore = this.#talk + 1;
      this.#startOver(this.strings.deleted);
    } catch {
      if (!answering) this.#busy = false; // else the answer under way sets it
      this.status.textContent = this.strings.not_deleted;
      this.tools.lastChild.focus();
    }
  }
}

async function start() {
  const section = document.getElementById("footnote-chat");
  if (!section) return;
  const strings = await fetch(new URL("strings.en.json", import.meta.url)).then((response) => response.json());
  new Chat(section, strings);
}

start();
