"""A health question that the article is silent on."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionNotCovered(FootnoteAction):
    def name(self) -> str:
        return "action_not_covered"
