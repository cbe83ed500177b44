"""What the lean start relies on in its libraries: fails when an upgrade moves it.

Each check of what gets loaded runs in a process of its own; this one has loaded who knows what.
"""
from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

from bot.lean_imports import HEAVY, NOT_SERVED
from bot.settings import ROOT


def in_new_process(program: str) -> dict:
    """The JSON that a program prints last."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True,
                         timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def serving_process() -> dict:
    return in_new_process("""
import json, sys
from bot.lean_imports import leave_out_heavy_modules, medspacy_context, quieten_rasa
quieten_rasa()
leave_out_heavy_modules()
leave_out_heavy_modules()
import bot.rasa_agent, rasa.core.policies.rule_policy, rasa.nlu.classifiers.fallback_classifier, spacy
medspacy_context()
import bot.nlu.classifier, bot.nlu.featurizer, bot.nlu.red_flag_detector, bot.nlu.tokenizer
real = sorted({name for name, module in sys.modules.items() if getattr(module, "__file__", None)})
finders = sum(type(finder).__name__ == "_AbsentFinder" for finder in sys.meta_path)
print(json.dumps({"real": real, "all": sorted(sys.modules), "finders": finders}))
""")


@pytest.mark.parametrize("name", [*HEAVY, *NOT_SERVED])
def test_heavy_module_is_not_loaded_by_the_serving_process(serving_process: dict, name: str) -> None:
    assert name not in serving_process["real"]


@pytest.mark.parametrize("name", [
    name for name in (*HEAVY, *NOT_SERVED) if name not in ("keras", "skops") and not name.startswith("tensorflow_")
])
def test_something_still_asks_for_what_is_left_out(serving_process: dict, name: str) -> None:
    """Were nobody asking any more, leaving it out would be dead code."""
    assert name in serving_process["all"]


@pytest.mark.parametrize("name", ["torch", "sentence_transformers", "PyRuSH", "transformers"])
def test_nothing_as_heavy_comes_along_by_another_way(serving_process: dict, name: str) -> None:
    assert name not in serving_process["real"] and name not in serving_process["all"]


def test_calling_it_twice_puts_one_finder_in(serving_process: dict) -> None:
    assert serving_process["finders"] == 1


def test_medspacys_context_works_without_its_package_file() -> None:
    seen = in_new_process("""
import json, sys
from bot.lean_imports import leave_out_heavy_modules, medspacy_context
leave_out_heavy_modules()
ConText, ConTextRule = medspacy_context()
assert medspacy_context() == (ConText, ConTextRule)
import spacy
from spacy.tokens import Span
nlp = spacy.blank("en")
context = ConText(nlp, rules=None)
context.add([ConTextRule("no", "NEGATED_EXISTENCE", direction="FORWARD")])
def read(text):
    doc = nlp.make_doc(text)
    for token in doc:
        token.is_sent_start = token.i == 0  # not by a pipe: looking one up loads every package that offers pipes
    doc.set_ents([Span(doc, len(doc) - 2, len(doc), label="finding")])
    return [[m.category for m in ent._.modifiers] for ent in context(doc).ents]
print(json.dumps({
    "denied": read("no chest pain"), "told": read("bad chest pain"), "file": getattr(sys.modules["medspacy"], "__file__", None),
    "heavy": [name for name in ("medspacy.sentence_splitting", "medspacy.sectionization", "medspacy.io", "PyRuSH", "nltk")
              if name in sys.modules],
}))
""")
    assert seen["denied"] == [["NEGATED_EXISTENCE"]] and seen["told"] == [[]]
    assert seen["file"] is None, "medspaCy's own package file was run"
    assert seen["heavy"] == []


def test_training_keeps_what_only_serving_leaves_out() -> None:
    assert in_new_process("""
import json
from bot.lean_imports import leave_out_heavy_modules
leave_out_heavy_modules(serving=False)
from sklearn.svm import LinearSVC
print(json.dumps({"real": LinearSVC.__module__}))
""")["real"].startswith("sklearn.")


def test_stand_in_bears_type_hints_and_base_classes_but_lends_no_dunder(lean_rasa) -> None:
    import skops.io.nothing as stand_in

    class Child(stand_in.Anything):
        hint: stand_in.A.B | None if False else None

    assert Child() and stand_in.decorator(len) is len
    with pytest.raises(AttributeError):
        stand_in.__wrapped__


# Parts of Rasa that bot/rasa_agent.py overrides or calls

def parameters(function) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(("where", "name", "expected"), [
    ("rasa.core.actions.action.RemoteAction", "_utter_responses", ["responses", "output_channel", "nlg", "tracker"]),
    ("rasa.core.actions.action.Action", "run", ["self", "output_channel", "nlg", "tracker", "domain"]),
    ("rasa.core.actions.action", "action_for_name_or_text", ["action_name_or_text", "domain", "action_endpoint"]),
    ("rasa.core.processor.MessageProcessor", "_run_action",
     ["self", "action", "tracker", "output_channel", "nlg", "prediction"]),
    ("rasa.core.processor.MessageProcessor", "_log_action_on_tracker",
     ["self", "tracker", "action", "events", "prediction"]),
    ("rasa.core.processor.MessageProcessor", "_send_bot_messages", ["events", "tracker", "output_channel"]),
    ("rasa.core.processor.MessageProcessor", "predict_next_with_tracker_if_should", ["self", "tracker"]),
    ("rasa.core.processor.MessageProcessor", "should_predict_another_action", ["action_name"]),
    ("rasa.core.processor.MessageProcessor", "_load_model", ["model_path"]),
    ("rasa.core.processor.MessageProcessor", "__init__",
     ["self", "model_path", "tracker_store", "lock_store", "generator", "action_endpoint", "max_number_of_predictions",
      "on_circuit_break", "http_interpreter"]),
    ("rasa.core.agent.Agent", "load_model", ["self", "model_path", "fingerprint"]),
    ("rasa.core.agent.Agent", "_set_fingerprint", ["self", "fingerprint"]),
    ("rasa.core.policies.policy.PolicyPrediction", "for_action_name",
     ["domain", "action_name", "policy_name", "confidence", "action_metadata"]),
    ("rasa.engine.loader", "load_predict_graph_runner",
     ["storage_path", "model_archive_path", "model_storage_class", "graph_runner_class"]),
    ("rasa.core.tracker_store.TrackerStore", "__init__", ["self", "domain", "event_broker", "kwargs"]),
    ("rasa.core.channels.channel.OutputChannel", "send_response", ["self", "recipient_id", "message"]),
    ("rasa_sdk.executor.ActionExecutor", "register_package", ["self", "package"]),
    ("rasa_sdk.Tracker", "__init__",
     ["self", "sender_id", "slots", "latest_message", "events", "paused", "followup_action", "active_loop",
      "latest_action_name"]),
])
def test_part_of_rasa_that_is_relied_on_has_its_signature(lean_rasa, where: str, name: str, expected: list[str]) -> None:
    import importlib

    try:
        owner = importlib.import_module(where)
    except ModuleNotFoundError:
        module, _, attribute = where.rpartition(".")
        owner = getattr(importlib.import_module(module), attribute)
    assert parameters(getattr(owner, name)) == expected


@pytest.mark.parametrize(("name", "kept"), [
    ("_run_action", True), ("predict_next_with_tracker_if_should", True), ("_load_model", True),
])
def test_what_is_overridden_is_what_rasa_calls(lean_rasa, name: str, kept: bool) -> None:
    from rasa.core import processor

    from bot.rasa_agent import InProcessProcessor

    assert vars(InProcessProcessor)[name] is not None
    assert f"self.{name}(" in inspect.getsource(processor.MessageProcessor)


def test_rasa_awaits_what_is_awaited_here(lean_rasa) -> None:
    from rasa.core.actions.action import RemoteAction
    from rasa.core.processor import MessageProcessor
    from rasa.core.tracker_store import TrackerStore

    assert inspect.iscoroutinefunction(RemoteAction._utter_responses)
    assert inspect.iscoroutinefunction(MessageProcessor._run_action)
    assert not inspect.iscoroutinefunction(MessageProcessor.predict_next_with_tracker_if_should)
    assert not inspect.iscoroutinefunction(MessageProcessor._log_action_on_tracker)
    assert inspect.iscoroutinefunction(TrackerStore.retrieve) and inspect.iscoroutinefunction(TrackerStore.save)
