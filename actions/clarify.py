"""A choice of topics where the message was unclear."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionClarify(FootnoteAction):
    def name(self) -> str:
        return "action_clarify"
