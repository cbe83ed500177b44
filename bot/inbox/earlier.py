"""Finds in a conversation's kept events what the visitor said when."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.inbox.store import Guesses

GUESSES = 3
NO_GUESSES = ("nlu_fallback", "red_flag")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message with the model's guesses; `clinic` None: the default one."""

    text: str
    guesses: Guesses
    clinic: str | None


def best_guesses(ranking: Iterable[Mapping[str, Any]]) -> Guesses:
    """The three likeliest intents of Rasa's `intent_ranking`."""
    named = [(str(item["name"]), round(float(item["confidence"]), 3)) for item in ranking if item["name"] not in NO_GUESSES]
    return tuple(named[:GUESSES])


def said_before_reply(bodies: Iterable[str], reply: str) -> Said | None:
    """The message that got the reply of that id; `bodies` are the events as JSON texts, in order."""
    said = None
    for body in bodies:
        event = json.loads(body)
        if event.get("event") == "user":
            said = _said(event)
        elif event.get("event") == "bot":
            custom = (event.get("data") or {}).get("custom") or {}
            if (custom.get("footnote") or {}).get("id") == reply:
                return said
    return None


def said_before_last(bodies: Iterable[str]) -> Said | None:
    """The visitor's message before the latest one."""
    users = [event for event in map(json.loads, bodies) if event.get("event") == "user"]
    return _said(users[-2]) if len(users) > 1 else None


def _said(event: Mapping[str, Any]) -> Said:
    parse_data = event.get("parse_data") or {}
    return Said(
        text=str(event.get("text") or ""), guesses=best_guesses(parse_data.get("intent_ranking") or ()),
        clinic=(event.get("metadata") or {}).get("clinic"))
