// Replies to DOM. Words become text nodes, never markup; only four kinds of link become links.

const SCHEMES = ["tel:", "sms:", "https:", "mailto:"];
const RATED = new Set(["answer", "not_covered", "out_of_scope", "decline", "source"]);

/** An element with properties, then children (elements or texts; null is left out). */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** `text` with {names} filled in. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function isSafe(href) {
  return typeof href === "string" && SCHEMES.some((scheme) => href.startsWith(scheme));
}

export function button(label, onPress, className = "fn-choice") {
  const element = el("button", { type: "button", className, textContent: label });
  element.addEventListener("click", onPress);
  return element;
}

/** A link to press, or null where the address is of a kind that we do not open. */
export function link(label, href, className = "fn-call") {
  if (!isSafe(href)) return null;
  const element = el("a", { className, href, textContent: label });
  if (href.startsWith("https:")) {
    element.rel = "noopener noreferrer";
    element.target = "_blank";
  }
  return element;
}

function paragraphs(text) {
  return text.split(/\n{2,}/).map((part) => el("p", { textContent: part }));
}

function row(className, children) {
  const kept = children.filter((child) => child !== null);
  return kept.length ? el("div", { className }, ...kept) : null;
}

function footnotes(sources, strings) {
  if (!sources.length) return null;
  const items = sources.map((source) => {
    const title = source.url ? link(source.title, source.url, "fn-source") : null;
    return el("li", {}, title ?? source.title, ` \u2013 ${source.section}`);
  });
  return el("div", { className: "fn-sources" },
    el("p", { className: "fn-small-title", textContent: strings.sources }), el("ol", {}, ...items));
}

function rating(reply, strings, onRate) {
  if (!RATED.has(reply.kind)) return null;
  const said = el("span", { className: "fn-rated", role: "status" });
  const make = (value, sign, label) => {
    const thumb = el("button", { type: "button", className: "fn-thumb", title: label },
      el("span", { "aria-hidden": "true", textContent: sign }));
    thumb.setAttribute("aria-label", label);
    thumb.setAttribute("aria-pressed", "false");
    thumb.addEventListener("click", async () => {
      const done = await onRate(reply.id, value);
      said.textContent = done ? strings.rated : strings.not_rated;
      if (done) for (const other of [up, down]) other.setAttribute("aria-pressed", String(other === thumb));
    });
    return thumb;
  };
  const up = make("up", "\u{1F44D}\uFE0E", strings.helpful);
  const down = make("down", "\u{1F44E}\uFE0E", strings.unhelpful);
  return el("div", { className: "fn-rating" }, up, down, said);
}

/** What the visitor said. */
export function visitorBubble(text, strings) {
  return el("div", { className: "fn-you" }, el("span", { className: "fn-hidden", textContent: `${strings.you} ` }),
    el("span", { className: "fn-words", textContent: text }));
}

/**
 * One reply of the API.
 *
 * `onSay(text)` is called when a suggestion is pressed, `onRate(id, rating)` resolves to whether it was kept.
 */
export function replyCard(reply, { strings, onSay, onRate }) {
  const card = el("article", { className: "fn-reply" });
  card.dataset.kind = reply.kind;
  if (reply.tier) card.dataset.tier = reply.tier;
  const links = row("fn-links", (reply.links ?? []).map(({ label, href }) => link(label, href)));
  const [first, ...rest] = paragraphs(reply.text);
  // A warning's first paragraph is what to do: the links to do it with come before the reasons.
  const text = reply.tier
    ? [el("div", { className: "fn-text" }, first), links, rest.length ? el("div", {}, ...rest) : null]
    : [el("div", { className: "fn-text" }, first, ...rest), links];
  const parts = [
    reply.tier
      ? el("p", { className: "fn-tier", textContent: strings.tiers[reply.tier] ?? strings.tiers.urgent })
      : el("span", { className: "fn-hidden", textContent: `${strings.bot} ` }),
    ...text,
    reply.detail
      ? el("details", {}, el("summary", { textContent: strings.more }), ...paragraphs(reply.detail))
      : null,
    reply.caveat ? el("p", { className: "fn-caveat", textContent: reply.caveat }) : null,
    footnotes(reply.sources ?? [], strings),
    row("fn-choices", (reply.suggestions ?? []).map(({ title, text }) => button(title, () => onSay(text)))),
    rating(reply, strings, onRate),
  ];
  card.append(...parts.filter((part) => part !== null));
  return card;
}
