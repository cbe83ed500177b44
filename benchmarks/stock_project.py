"""Stock Rasa for comparison: `rasa init`'s default pipeline and policies over Footnote's own phrases.

The pipeline is the file that the installed Rasa fills `rasa init`'s empty `pipeline:` and `policies:` from, so
it is what a newcomer gets. The phrases are data/nlu as it stands. Every intent leads, by one rule, to one
custom action that utters a text of about the length of an answer. As in Footnote there are rules and no
stories: TEDPolicy and UnexpecTEDIntentPolicy are configured but find nothing to learn, which spares stock Rasa
most of their cost.
"""
from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError, ending, last_words
from benchmarks.processes import run_to_end

ROOT = Path(__file__).resolve().parent.parent
PHRASES = ROOT / "data" / "nlu"
DEFAULT_EPOCHS = 100
DEFAULT_CONFIG = Path("engine", "recipes", "config_files", "default_config.yml")

_DOMAIN = """\
version: "3.1"
intents:
{intents}
- nlu_fallback
actions:
- action_answer
session_config:
  session_expiration_time: 60
  carry_over_slots_to_new_session: true
"""

_RULES = """\
version: "3.1"
rules:
- rule: every intent is answered by the custom action
  steps:
  - or:
{intents}
    - intent: nlu_fallback
  - action: action_answer
"""

_ACTIONS = '''\
from rasa_sdk import Action

WORDS = "Gentle massage carries little risk for many people, though not for everyone; ask your doctor first. "


class ActionAnswer(Action):
    def name(self):
        return "action_answer"

    def run(self, dispatcher, tracker, domain):
        intent = tracker.latest_message["intent"]["name"]
        dispatcher.utter_message(text=f"{intent}: " + 6 * WORDS)
        return []
'''


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a stock model came about; stands as JSON beside the model."""

    seconds: float
    epochs: int
    phrases: str  # digest of data/nlu
    on: str

    @property
    def is_whole(self) -> bool:
        """Whether it took as many epochs as a newcomer's would."""
        return self.epochs == DEFAULT_EPOCHS


def stock_environment() -> dict[str, str]:
    """For every stock process: no telemetry, no listening beyond this machine; threads as by default."""
    return {
        **os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "SANIC_HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1",
    }


def write_stock_project(folder: Path, epochs: int = DEFAULT_EPOCHS) -> None:
    """The whole project but for its model.

    Raises:
        BenchmarkError: Rasa is not installed, or there are no phrases.
    """
    intents = intents_of(PHRASES)
    (folder / "actions").mkdir(parents=True)
    (folder / "config.yml").write_text(_default_config(epochs), encoding="utf-8")
    (folder / "domain.yml").write_text(_DOMAIN.format(intents="\n".join(f"- {i}" for i in intents)), encoding="utf-8")
    shutil.copytree(PHRASES, folder / "data" / "nlu")
    rules = _RULES.format(intents="\n".join(f"    - intent: {i}" for i in intents))
    (folder / "data" / "rules.yml").write_text(rules, encoding="utf-8")
    (folder / "actions" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "actions" / "actions.py").write_text(_ACTIONS, encoding="utf-8")
    (folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")


def train_stock(folder: Path, model: Path, epochs: int = DEFAULT_EPOCHS) -> Training:
    """`rasa train` in a project written by `write_stock_project`; the model goes to `model`.

    Raises:
        BenchmarkError: training failed.
    """
    log = folder / "train.log"
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "stock"]
    code, seconds = run_to_end(command, folder=folder, environment=stock_environment(), log=log)
    trained = folder / "models" / "stock.tar.gz"
    if code != 0 or not trained.is_file():
        raise BenchmarkError(f"`rasa train` of the stock project {ending(code)}; it said last: {last_words(log)}")
    shutil.copy(trained, model)
    training = Training(
        seconds=round(seconds, 1), epochs=epochs, phrases=digest_of(folder / "data" / "nlu"),
        on=time.strftime("%Y-%m-%d %H:%M"),
    )
    _json_beside(model).write_text(json.dumps(asdict(training), indent=2) + "\n", encoding="utf-8")
    return training


def read_training(model: Path) -> Training:
    """What stands beside a model kept from an earlier run.

    Raises:
        BenchmarkError: the model or its JSON is missing or not ours.
    """
    path = _json_beside(model)
    try:
        if not model.is_file():
            raise FileNotFoundError
        return Training(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BenchmarkError(
            f"{model} or {path.name} beside it is missing; make both with --train-stock {model}"
        ) from None
    except (OSError, ValueError, TypeError):
        raise BenchmarkError(f"{path} is not what --train-stock writes; make both anew with it") from None


def intents_of(folder: Path) -> list[str]:
    """One file is one intent: the stems of data/nlu."""
    intents = sorted(path.stem for path in folder.glob("*.yml"))
    if not intents:
        raise BenchmarkError(f"no phrases in {folder}; run this in a whole checkout")
    return intents


def digest_of(folder: Path) -> str:
    """Tells whether a kept model was trained on the phrases as they stand."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _default_config(epochs: int) -> str:
    spec = importlib.util.find_spec("rasa")  # finds the folder without importing Rasa
    if spec is None or not spec.submodule_search_locations:
        raise BenchmarkError("Rasa is not installed here; run: make bench")
    text = (Path(spec.submodule_search_locations[0]) / DEFAULT_CONFIG).read_text(encoding="utf-8")
    return re.sub(rf"epochs: {DEFAULT_EPOCHS}\b", f"epochs: {epochs}", text)


def _json_beside(model: Path) -> Path:
    return model.with_name(model.name.removesuffix(".tar.gz") + ".json")
