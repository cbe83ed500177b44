"""Rasa's tracker store over `bot.conversations`: appends what is new, and reads a conversation once.

Rasa's own SQL store reads and replays every event of the session on every turn, so that a turn grows dearer
with the conversation. Here trackers live in memory while in use, checked against the file by the number of
the newest event (another process may have written), and hold only the latest `EVENTS_IN_MEMORY` events;
slots keep their values beyond that.
"""
from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations import ConversationStore

EVENTS_IN_MEMORY = 16  # about three turns; the policy reads each of them on every turn, and needs the last
TRACKERS_IN_MEMORY = 2_000


class KeptTrackerStore(TrackerStore):
    """Trackers cached in memory over an append-only event table."""

    def __init__(self, domain: Domain | None, store: ConversationStore) -> None:
        super().__init__(domain)
        self.domain = domain or Domain.empty()
        self._store = store
        # conversation -> (tracker, number of its newest kept event, that event)
        self._cached: OrderedDict[str, tuple[DialogueStateTracker, int, Event | None]] = OrderedDict()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        number = self._store.last_number(sender_id)
        cached = self._cached.get(sender_id)
        if cached is not None and cached[1] == number:
            self._cached.move_to_end(sender_id)
            return cached[0]
        if number == 0:
            return None
        tracker = self.init_tracker(sender_id)
        for body in self._store.events(sender_id):
            event = Event.from_parameters(json.loads(body))
            if event is not None:
                tracker.update(event, self.domain)
        self._remember(tracker, number)
        return tracker

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        return DialogueStateTracker(sender_id, self.domain.slots, max_event_history=EVENTS_IN_MEMORY)

    async def save(self, tracker: DialogueStateTracker) -> None:
        cached = self._cached.get(tracker.sender_id)
        number, newest = (cached[1], cached[2]) if cached else (0, None)
        new: list[Event] = []
        for event in reversed(tracker.events):
            if event is newest:
                break
            new.append(event)
        bodies = [json.dumps(event.as_dict(), ensure_ascii=False) for event in reversed(new)]
        number = self._store.append(tracker.sender_id, bodies, after=number)
        self._remember(tracker, number)

    def forget(self, sender_id: str) -> None:
        """Drop the cached tracker: after a failed turn (the file has the last acknowledged one), or a deletion."""
        self._cached.pop(sender_id, None)

    def go_on_from(self, other: KeptTrackerStore) -> None:
        """Share the trackers that another model's store has in memory, so that a change of models reads no
        conversation anew; where the two models know different slots, each is read from the file when it goes on."""
        if self.domain.as_dict().get("slots") == other.domain.as_dict().get("slots"):
            self._cached = other._cached

    async def keys(self) -> Iterable[str]:
        return self._store.conversations()

    def _remember(self, tracker: DialogueStateTracker, number: int) -> None:
        newest = tracker.events[-1] if tracker.events else None
        self._cached[tracker.sender_id] = (tracker, number, newest)
        self._cached.move_to_end(tracker.sender_id)
        while len(self._cached) > TRACKERS_IN_MEMORY:
            self._cached.popitem(last=False)
