"""One loaded model: Rasa's agent and its trackers. Imported late, as `bot.rasa_agent` and for the same reason.

The engine may hold two of them for a while. Conversations in the store and the locks on them are shared, and so are
the trackers in memory as long as both know the same slots.
"""
from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore, LockStore
from rasa.core.tracker_store import InMemoryTrackerStore

from bot.conversations import ConversationStore
from bot.inbox.earlier import best_guesses
from bot.inbox.store import Guesses
from bot.rasa_agent import InProcessAgent, ReplyChannel, load_agent
from bot.reply import Reply
from bot.tracker_store import KeptTrackerStore


def new_locks() -> LockStore:
    return InMemoryLockStore()


@dataclass(frozen=True, kw_only=True)
class RasaModel:
    path: Path
    agent: InProcessAgent
    trackers: KeptTrackerStore

    @classmethod
    def load(cls, path: Path, store: ConversationStore, locks: LockStore) -> RasaModel:
        """Seconds of work; raises whatever Rasa and the components raise over a broken archive."""
        trackers = KeptTrackerStore(None, store)
        return cls(path=path, agent=load_agent(path, trackers, locks), trackers=trackers)

    async def answer(
        self, text: str, conversation: str, clinic: str | None
    ) -> tuple[tuple[Reply, ...], str | None, Guesses]:
        """(replies, tier that stands after them, likeliest intents) to a message as Rasa may read it
        (`bot.engine.as_plain_text`)."""
        channel = ReplyChannel()
        message = UserMessage(text, channel, conversation, input_channel=channel.name(), metadata={"clinic": clinic})
        await self.agent.handle_message(message)
        tracker = await self.trackers.retrieve(conversation)
        if tracker is None:
            return _replies(channel), None, ()
        read = tracker.latest_message.parse_data if tracker.latest_message else None
        guesses = best_guesses((read or {}).get("intent_ranking") or ())
        return _replies(channel), tracker.get_slot("standing_tier"), guesses

    async def parse(self, text: str) -> dict[str, Any]:
        return await self.agent.parse_message(text)

    async def rehearse(self, text: str) -> tuple[Reply, ...]:
        """The replies to a message in a conversation that nobody keeps."""
        processor = copy.copy(self.agent.processor)
        processor.tracker_store = InMemoryTrackerStore(self.agent.domain)
        channel = ReplyChannel()
        await processor.handle_message(UserMessage(text, channel, "rehearsal", input_channel=channel.name()))
        return _replies(channel)


def _replies(channel: ReplyChannel) -> tuple[Reply, ...]:
    return tuple(Reply.from_dict(values) for values in channel.replies)
