"""Where the answers come from."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionSource(FootnoteAction):
    def name(self) -> str:
        return "action_source"
