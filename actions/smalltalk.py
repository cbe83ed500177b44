"""Greetings, thanks, and what people say around a question."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionSmalltalk(FootnoteAction):
    def name(self) -> str:
        return "action_smalltalk"
