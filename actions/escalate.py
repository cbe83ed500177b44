"""A red flag, before anything else that the message asks."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionEscalate(FootnoteAction):
    def name(self) -> str:
        return "action_escalate"
