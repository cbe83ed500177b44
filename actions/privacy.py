"""What is kept of a conversation, and how to delete it."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionPrivacy(FootnoteAction):
    def name(self) -> str:
        return "action_privacy"
