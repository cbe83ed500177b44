// The steps of a talk, each a change of its record. No element, no storage, no network.

const TURNS = 60; // more would fill a host's storage for nobody's use
let count = 0;

const unpin = (record) => record.turns.forEach((turn) => { turn.pinned = false; });

/** Adds a turn; gives its id. No two tabs give the same. */
function add(record, turn, now) {
  const id = now.toString(36) + count++ + Math.random().toString(36).slice(2, 7);
  record.turns = [...record.turns, { id, at: now, ...turn }].filter((one, n, all) => one.pinned || n >= all.length - TURNS);
  record.at = now;
  return id;
}

export const questionOf = (record, id) => record.turns.find((turn) => turn.id === id);

/** The visitor says something, or the same again after a failure (`again` is the turn's id): the id of the turn. */
export function ask(record, text, now, again) {
  const question = questionOf(record, again);
  if (!question) return add(record, { who: "you", text, state: "waiting" }, now);
  question.state = "waiting";
  record.turns = record.turns.filter((turn) => turn.question !== again || turn.reply.kind !== "unavailable");
  return again;
}

/** A question was not answered: `why` names a string. */
export const fail = (record, id, why, seconds) => Object.assign(questionOf(record, id) ?? {}, { state: "failed", why, seconds });

/** Keeps a token, so that its talk can be deleted. */
export function remember(record, token) {
  if (!record.tokens.includes(token)) record.tokens = [...record.tokens, token].slice(-TURNS);
}

/** The server no longer knows the talk: the next message begins another one. */
export function lose(record, now) {
  unpin(record);
  record.token = "";
  add(record, { who: "note", note: "fresh_after_end" }, now);
}

/** The answer to a question: warnings are pinned on top as long as the server says that they stand. */
export function absorb(record, id, { conversation, replies, standing_tier: standing }, now) {
  questionOf(record, id).state = "sent";
  remember(record, conversation);
  record.token = conversation;
  // Without its engine the server does not know what was told before: then what stands goes on standing.
  const known = !replies.some((reply) => reply.kind === "unavailable");
  if (replies.some((reply) => reply.tier) || (!standing && known)) unpin(record);
  for (const reply of replies) add(record, { who: "bot", question: id, reply, pinned: Boolean(reply.tier) }, now);
}

/** The talk goes from sight; what is needed to delete it stays. */
export const startOver = (record) => Object.assign(record, { token: "", turns: [] });
