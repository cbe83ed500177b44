"""A message that has nothing to do with health."""
from __future__ import annotations

from actions.adapter import FootnoteAction


class ActionOutOfScope(FootnoteAction):
    def name(self) -> str:
        return "action_out_of_scope"
