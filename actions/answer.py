"""The answer to a topic, from the content."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionAnswer(FootnoteAction):
    def name(self) -> str:
        return "action_answer"
