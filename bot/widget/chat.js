// The talk: sends what is said, keeps its record, draws it. Words come from the strings, elements from cards.js.

import { request } from "./api.js";
import { card } from "./cards.js";
import { el } from "./dom.js";
import { absorb, ask, fail, lose, questionOf, remember, startOver } from "./record.js";
import { MOST, readAnswer } from "./text.js";

/** Brings a view to life; `view` holds its elements. */
export function startChat({ view, server, id: clinicId, memory, strings, clinic, tell }) {
  const { log, alerts, status, form, input, coarse } = view;
  const typing = el("div.typing", { "aria-hidden": true }, el("i"), el("i"), el("i"));
  let busy = false;
  let latest;
  let cards = new Map(); // turn id -> {key, node}
  const tools = { strings, clinic, onSay: say, onRetry: (id) => say(questionOf(memory.record, id)?.text, id), onRate };
  const agreed = () => !clinic.consent || memory.record.agreed === clinic.consent;
  const note = (name) => { status.textContent = strings[name] ?? ""; };
  const change = (step, ...values) => memory.change((record) => step(record, ...values));

  /** Send a text as the visitor's; `again`: the turn that is tried once more. False when it cannot be sent now. */
  function say(text, again) {
    if (busy || !text || !agreed()) return false;
    change((record) => { record.clinic = JSON.stringify(clinic); });
    send(change(ask, text, Date.now(), again), text);
    if (!coarse) input.focus({ preventScroll: true });
    return true;
  }

  async function send(id, text) {
    const sentAt = Date.now();
    const { token } = memory.record;
    latest = id;
    setBusy(true);
    toTurn(id);
    let answer, failure;
    try {
      answer = readAnswer(await request(server, "POST", "messages", { text, clinic: clinicId, conversation: token || null }));
    } catch (error) {
      failure = error;
    }
    if (latest === id) setBusy(false); // else it was started over meanwhile
    const shown = questionOf(memory.record, id);
    if (failure) {
      if (shown) tellFailure(failure, id, text, token);
    } else if (shown) {
      show(answer, id);
    } else if (memory.clearedAt >= sentAt) {
      remove(answer.conversation).catch(() => {}); // what it started must not outlive a deletion that came meanwhile
    } else {
      change(remember, answer.conversation);
    }
  }

  function show(answer, id) {
    const warns = answer.replies.some((reply) => reply.tier);
    alerts.toggleAttribute("data-short", !warns);
    change(absorb, id, answer, Date.now());
    for (const { kind, topic, tier } of answer.replies) tell("reply", { kind, topic, tier });
    if (warns && coarse) input.blur(); // the keyboard would stand over the number to call
    toTurn(id);
  }

  function tellFailure({ status: code = 0, seconds }, id, text, token) {
    tell("error", { status: code });
    if (code === 401 && token) {
      change(lose, Date.now());
      send(id, text);
    } else {
      const why = { 400: "refused", 413: "refused", 422: "refused", 429: "too_many" }[code] ?? "failed";
      change(fail, id, why, seconds || 60);
      toTurn(id);
    }
  }

  function setBusy(now) {
    busy = now;
    view.panel.toggleAttribute("data-busy", busy);
    note(busy && "typing");
    draw();
  }

  function onRate(turn, rating, reason) {
    const sent = { conversation: memory.record.token, reply: turn.reply.id, rating, reason };
    return request(server, "POST", "feedback", sent).then(() => {
      change((record) => Object.assign(questionOf(record, turn.id) ?? {}, { rated: rating }));
      tell("feedback", { rating, topic: turn.reply.topic });
      return true;
    }, () => false);
  }

  /** Delete a conversation; one that the server does not know any more counts as deleted. */
  const remove = (conversation) => request(server, "DELETE", "conversation", { conversation }).catch((error) => {
    if (error.status !== 401) throw error;
  });

  /** Bring the elements in line with the record, leaving alone those that are right. */
  function draw() {
    const { turns } = memory.record;
    const asks = !agreed();
    form.hidden = view.examples.hidden = asks;
    view.consent.hidden = !asks;
    view.examples.hidden ||= turns.length > 0;
    cards = new Map(turns.map((turn) => {
      const key = turn.state + turn.why;
      const known = cards.get(turn.id);
      return [turn.id, known?.key === key ? known : { key, node: card(turn, tools) }];
    }));
    const nodes = (pinned) => turns.filter((turn) => turn.pinned === pinned).map((turn) => cards.get(turn.id).node);
    arrange(log, [view.intro, ...nodes(false), ...(busy ? [typing] : [])]);
    const warnings = nodes(true);
    arrange(alerts.firstChild, warnings);
    alerts.hidden = !warnings.length;
  }

  /** A turn's start on top: long answers are read from their first line. */
  function toTurn(id) {
    const node = cards.get(id)?.node;
    if (node) log.scrollTop = node.offsetTop - 8; // the log is positioned: measured from its top
  }

  form.onsubmit = (event) => {
    event.preventDefault();
    if (say(input.value.trim())) input.value = "";
  };
  input.onkeydown = (event) => {
    // `isComposing`: Enter that ends the spelling of a word in an input method is no "send".
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) form.onsubmit(event);
  };
  input.oninput = () => note(input.value.length >= MOST && "full");
  for (const turn of memory.record.turns) if (turn.state === "waiting") change(fail, turn.id, "failed");
  memory.listeners.add(draw);
  draw();

  return {
    say, note, agreed,
    toEnd: () => toTurn(memory.record.turns.filter((turn) => turn.who === "you").pop()?.id),
    end: () => memory.listeners.delete(draw),
    startOver() {
      change(startOver);
      setBusy(false);
      note("started_over");
    },
    async delete() {
      try {
        for (const token of memory.record.tokens) await remove(token);
      } catch {
        note("failed");
        return;
      }
      memory.clear();
      setBusy(false);
      note("deleted");
    },
  };
}

/** Make `nodes` the children, moving as little as can be: what stays is not read out anew. */
function arrange(parent, nodes) {
  for (const child of [...parent.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, n) => {
    if (parent.children[n] !== node) parent.insertBefore(node, parent.children[n] ?? null);
  });
}
