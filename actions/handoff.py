"""The clinic's phone, hours and booking."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionHandoff(FootnoteAction):
    def name(self) -> str:
        return "action_handoff"
