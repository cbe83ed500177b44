"""Rasa's Agent as this process embeds it. Imported late, after `bot.lean_imports`: it takes seconds.

What differs from `rasa run`: actions run here, without HTTP and without the schema of the answer being
checked anew on every turn (45 ms of jsonschema checking the schema itself, measured on 3.6.21); the tracker
is not copied for each action (its replay grows with the conversation; our actions reject nothing); after an
action the bot listens without asking the policy, since every rule is one action long; and the graph is run
by `bot.rasa_runner`.
"""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, RemoteAction, action_for_name_or_text
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel
from rasa.core.lock_store import InMemoryLockStore, LockStore
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_NAME_KEY
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from bot.rasa_runner import SequentialGraphRunner


class InProcessAction(Action):
    """A custom action of actions/, run in this process through rasa_sdk's executor."""

    def __init__(self, name: str, executor: ActionExecutor) -> None:
        self._name, self._executor = name, executor

    def name(self) -> str:
        return self._name

    async def run(
        self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        dispatcher = CollectingDispatcher()
        message = tracker.latest_message
        said = [{"event": "user", "text": event.text} for event in tracker.events if isinstance(event, UserUttered)]
        seen = Tracker(
            tracker.sender_id, tracker.current_slot_values(), dict(message.parse_data) if message else {}, said,
            tracker.is_paused(), None, tracker.active_loop_name and {"name": tracker.active_loop_name} or {},
            tracker.latest_action_name,
        )
        # The executor's table and not its `run`: that one swallows the exception into an HTTP answer.
        events = await self._executor.actions[self._name](dispatcher, seen, {})
        # Rasa's own reading of an action server's answer, so that both topologies say the same.
        uttered = await RemoteAction._utter_responses(dispatcher.messages, output_channel, nlg, tracker)
        return [*uttered, *deserialise_events(events)]


class InProcessProcessor(MessageProcessor):
    """Rasa's message processor, with custom actions of this process."""

    executor: ActionExecutor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._action_of_intent: dict[str | None, str] = {}

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with tempfile.TemporaryDirectory(prefix="footnote-") as folder:
            metadata, runner = load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, SequentialGraphRunner
            )
        return Path(model_path).name, metadata, runner

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, Any]:
        """The action for the last intent. A test holds data/rules.yml to rules of one intent and one action, so
        that nothing else can matter and the policy needs to be asked but once an intent."""
        if tracker.latest_action_name in self.executor.actions:  # a rule is one action long: now the bot listens
            return self._chosen(ACTION_LISTEN_NAME)
        intent = tracker.latest_message.intent.get(INTENT_NAME_KEY) if tracker.latest_message else None
        name = self._action_of_intent.get(intent)
        if name is None:
            action, prediction = super().predict_next_with_tracker_if_should(tracker)
            if not isinstance(action, RemoteAction):
                return action, prediction
            self._action_of_intent[intent] = name = action.name()
        return self._chosen(name)

    def _chosen(self, name: str) -> tuple[Action, PolicyPrediction]:
        prediction = PolicyPrediction.for_action_name(self.domain, name, "RulePolicy")
        if name in self.executor.actions:
            return InProcessAction(name, self.executor), prediction
        return action_for_name_or_text(name, self.domain, None), prediction

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Nothing to do: no slot is filled from words, all are set by actions (a test holds domain.yml to it)."""
        return tracker

    def _log_action_on_tracker(
        self, tracker: DialogueStateTracker, action: Action, events: list[Event] | None, prediction: PolicyPrediction
    ) -> None:
        """As Rasa's own, without deep copies of all events for a debug line that is not written."""
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events or [], self.domain)

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing to do: the intents of a trained model are those of its domain; Rasa builds an empty domain anew
        for this on every message."""

    async def _run_action(
        self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator, prediction: Any,
    ) -> bool:
        if not isinstance(action, InProcessAction):
            return await super()._run_action(action, tracker, output_channel, nlg, prediction)
        events = await action.run(output_channel, nlg, tracker, self.domain)  # a crash is the engine's to handle
        self._log_action_on_tracker(tracker, action, events, prediction)
        await self._send_bot_messages(events, tracker, output_channel)
        return self.should_predict_another_action(action.name())


class InProcessAgent(Agent):
    """Rasa's Agent over `InProcessProcessor`."""

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        executor = ActionExecutor()
        executor.register_package("actions")
        self.processor = InProcessProcessor(
            model_path=model_path, tracker_store=self.tracker_store, lock_store=self.lock_store,
            action_endpoint=self.action_endpoint, generator=self.nlg, http_interpreter=self.http_interpreter,
        )
        self.processor.executor = executor
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain


def load_agent(model: Path, tracker_store: TrackerStore, locks: LockStore | None = None) -> InProcessAgent:
    """A loaded model.

    Args:
        locks: who is writing into which conversation; two agents over the same conversations must share it.
    """
    agent = InProcessAgent(tracker_store=tracker_store, lock_store=locks or InMemoryLockStore())
    # Rasa wraps the store, and the wrapper makes new trackers itself, without our bound on their events.
    agent.tracker_store = tracker_store
    agent.load_model(model)
    return agent


class ReplyChannel(OutputChannel):
    """Collects the replies of one message as the actions made them."""

    @classmethod
    def name(cls) -> str:
        return "footnote"

    def __init__(self) -> None:
        self.replies: list[dict[str, Any]] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        reply = (message.get("custom") or {}).get("footnote")
        if reply is not None:
            self.replies.append(reply)
