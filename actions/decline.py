"""What only a clinician may do is left to one."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionDecline(FootnoteAction):
    def name(self) -> str:
        return "action_decline"
