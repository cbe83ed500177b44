"""What all actions share: read the turn off the tracker, utter its replies, keep the standing tier."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.turn import Turn, default_house, read_turn


class FootnoteAction(Action, ABC):
    """An action whose replies the core decides; subclasses differ only in their name."""

    @abstractmethod
    def name(self) -> str:
        """The name that domain.yml gives the action."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = turn_of(tracker)
        replies = turn.replies()
        for reply in replies:
            dispatcher.utter_message(
                text=reply.as_text(),
                buttons=[{"title": s.title, "payload": s.text} for s in reply.suggestions],
                json_message={"footnote": reply.as_dict()},
            )
        tier, flag = turn.standing_after()
        topic, offered = turn.context_after(replies)
        changed: list[EventType] = []
        if tier != turn.standing_tier or flag is not None:
            changed += [SlotSet("standing_tier", tier), SlotSet("standing_flag", flag)]
        if topic != turn.last_topic:
            changed.append(SlotSet("last_topic", topic))
        if offered != turn.offered:
            changed.append(SlotSet("offered", " ".join(offered) or None))
        if turn.of_another != bool(tracker.get_slot("of_another_person")):
            changed.append(SlotSet("of_another_person", "yes" if turn.of_another else None))
        return changed


EARLIER = 2  # messages of the visitor that are read together with the latest one


def turn_of(tracker: Tracker) -> Turn:
    message = tracker.latest_message or {}
    metadata = message.get("metadata") or {}
    said = [event.get("text") or "" for event in tracker.events if event.get("event") == "user"]
    return read_turn(
        default_house(), parse_data=message, clinic=metadata.get("clinic"),
        standing_tier=tracker.get_slot("standing_tier"), standing_flag=tracker.get_slot("standing_flag"),
        earlier=said[-1 - EARLIER:-1], last_topic=tracker.get_slot("last_topic"),
        offered=(tracker.get_slot("offered") or "").split(), of_another=bool(tracker.get_slot("of_another_person")),
    )
