// Values without any element: what comes from outside is brought in shape and bounded, and nothing is trusted.

export const MOST = 1000; // characters of a message, as the API has it
const LONGEST = 8000; // characters of anything
const MANY = 80;

/** `text` with {names} filled in. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const isSafe = (href) => /^(tel:|sms:|mailto:|https:\/\/)/.test(href);

/** `value` in the shape of `model`: what is missing or of another type is as in `model`, strings and lists bounded. */
export function shaped(model, value) {
  if (Array.isArray(model)) return Array.isArray(value) ? value.slice(0, MANY).map((item) => shaped(model[0], item)) : [];
  if (typeof model === "object") {
    return Object.fromEntries(Object.entries(model).map(([key, part]) => [key, shaped(part, value?.[key])]));
  }
  if (typeof value !== typeof model) return model;
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}\u2026` : value;
}

const LINK = { label: "", href: "" };

const REPLY = {
  id: "", kind: "", topic: "", tier: "", text: "", detail: "", caveat: "", links: [LINK],
  sources: [{ title: "", section: "", url: "", claims: [{ says: "", standing: "", wording: "" }] }],
  suggestions: [{ title: "", text: "" }],
};
const ANSWER = { conversation: "", replies: [REPLY], standing_tier: "" };

/** The API's answer to a message; throws when there is no reply in it. */
export function readAnswer(value) {
  const answer = shaped(ANSWER, value);
  answer.replies = answer.replies.filter((reply) => reply.text.trim());
  if (!answer.replies.length) throw new TypeError("no reply");
  return answer;
}

/** A clinic's settings; what is missing is taken from `strings`. */
export function readClinic(value, strings) {
  const clinic = shaped({
    name: strings.name, greeting: strings.greeting, booking: "", logo: "", consent: "", keep_days: 30,
    contact: { phone: "", phone_href: "" }, hours: { text: "", open_now: false, next: "" },
    links: { privacy: "", terms: "" }, emergency: { heading: "", signs: [""], links: [LINK] },
    colours: { accent: "", on_accent: "", dark_accent: "", on_dark_accent: "" },
  }, value);
  if (!clinic.emergency.links.length) clinic.emergency = strings.emergency;
  return clinic;
}

// What is kept of a talk. A turn is of "you" (a text; state: waiting, sent or failed, and why), of "bot" (a reply to a
// question, perhaps pinned on top), or a note (the name of a string).
const VERSION = 1;
const RECORD = {
  version: VERSION, at: 0, token: "", tokens: [""], agreed: "", clinic: "",
  turns: [{
    id: "", who: "", at: 0, text: "", state: "", why: "", seconds: 0, reply: REPLY, question: "", pinned: false, rated: "",
    note: "",
  }],
};

/** What a kept text says, or null: others may write there, too. */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The record in a kept text; a fresh one for what is too old, or is none. */
export function readRecord(text, now, days) {
  const value = parse(text);
  return shaped(RECORD, value?.version === VERSION && now - value.at < days * 86_400_000 ? value : null);
}

/** The time of day, with the day where that is another one. */
export function when(at, now, lang) {
  const day = new Date(at);
  const today = day.toDateString() === new Date(now).toDateString();
  return day.toLocaleString(lang, { hour: "numeric", minute: "2-digit", ...(!today && { month: "short", day: "numeric" }) });
}

/** The talk as lines to copy or print: a list of [who and when, words]. */
export function transcript(turns, strings, now) {
  return turns.filter((turn) => turn.who !== "note").map(({ who, at, text, reply }) => [
    `${strings[who]}, ${when(at, now, strings.lang)}`,
    [
      strings.tiers[reply.tier], text, reply.text, reply.detail,
      ...reply.links.map(({ label, href }) => `${label} (${href})`), reply.caveat,
      ...reply.sources.map((source, n) => `[${n + 1}] ${source.title}: ${source.section}`),
    ].filter(Boolean).join("\n\n"),
  ]);
}
