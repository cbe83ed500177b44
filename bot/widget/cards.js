// Turns of a talk to elements. What is pressed is told to `tools`; nothing here sends or keeps.

import { button, el, link, paragraphs, row } from "./dom.js";
import { fill, when } from "./text.js";


export const callLinks = (links) => row("links", links.map((item) => link(item)));

/** The clinic's own number, in words of ours. */
export const phoneOf = ({ contact }, strings) => contact.phone &&
  link({ label: fill(strings.phone, contact), href: contact.phone_href }, "choice");

/** The element of a turn. `tools`: the strings, the clinic, and what to do when something is pressed. */
export function card(turn, tools) {
  const { strings, clinic, onRetry } = tools;
  if (turn.who === "note") return el("p.note", strings[turn.note]);
  const time = el("time", when(turn.at, Date.now(), strings.lang));
  if (turn.who === "bot") return answer(turn, time, tools);
  return el("div.you", el("span.unseen", `${strings.you}: `), el("div.words", { part: "message" }, turn.text), time,
    turn.state === "failed" && el("div.failure", el("p", fill(strings[turn.why], turn)),
      button(strings.retry, () => onRetry(turn.id)), el("p", strings.emergency.heading),
      callLinks(clinic.emergency.links), phoneOf(clinic, strings)));
}

function answer(turn, time, tools) {
  const { strings, onSay, onRetry } = tools;
  const { kind, topic, tier, text, detail, caveat, links, suggestions } = turn.reply;
  const [first, ...rest] = paragraphs(text);
  const call = callLinks(links);
  return el(`article.reply${tier && " alarm"}`, { part: "reply", "data-kind": kind, "data-tier": tier },
    tier ? el("h3.tier", strings.tiers[tier] ?? strings.tiers.urgent) : el("span.unseen", `${strings.bot}: `),
    // A warning's first paragraph is what to do: the links to do it with come before the reasons.
    el("div.body", first, tier && call, ...rest, !tier && call),
    kind === "unavailable" && button(strings.retry, () => onRetry(turn.question)),
    detail && el("details", el("summary", strings.more), ...paragraphs(detail)),
    (tier || caveat || kind === "answer") && el("p.caveat", caveat || strings.caveat),
    sources(turn.reply, strings),
    row("choices", suggestions.map((item) => button(item.title, () => onSay(item.text)))),
    // What was asked is rated, answered or not; small talk, which has a topic, is not.
    (kind === "answer" || (suggestions.length > 0 && !topic)) && rating(turn, tools), time);
}

function sources({ sources: list }, strings) {
  return list.length > 0 && el("details.sources",
    el("summary", `${strings.sources} (${list.length})`),
    el("ol", ...list.map(({ title, section, url, claims }) => el("li",
      link({ label: title, href: url }, "plain"), ` \u2013 ${section}`,
      ...claims.map(({ says, standing, wording }) => el("div.claim", el("b", strings.standing[standing]),
        el("p", `${strings.says}: \u201c${says}\u201d`), el("p", `${strings.ours}: ${wording}`)))))));
}

function rating(turn, { strings, onRate }) {
  const said = el("span", { role: "status" });
  const why = el("div.why");
  const press = async (value, reason) => {
    const kept = await onRate(turn, value, reason);
    said.textContent = kept ? strings.rated : strings.failed;
    if (!kept) return;
    thumbs.forEach((thumb, n) => { thumb.setAttribute("aria-pressed", value === VALUES[n]); });
    if (reason) thumbs[0].focus();
    why.replaceChildren(...(reason ? [] : [reasonForm(strings, (words) => press(value, words))]));
  };
  const thumbs = VALUES.map((value) =>
    el("button.choice", { type: "button", onclick: () => press(value), "aria-pressed": turn.rated === value }, strings[value]));
  return el("div.rating", ...thumbs, said, why);
}

const VALUES = ["up", "down"];

function reasonForm(strings, onSend) {
  const field = el("input", { maxLength: 500, autocomplete: "off" });
  return el("form.field", {
    onsubmit(event) {
      event.preventDefault();
      if (field.value.trim()) onSend(field.value);
    },
  }, el("label", strings.reason, field), el("button.choice", strings.send));
}
