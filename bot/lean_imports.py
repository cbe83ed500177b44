"""Keeps out of the serving process what Footnote never uses but its libraries import (or say) all the same.

Measured (see benchmarks/): TensorFlow costs Rasa most of its start and memory although no component of ours
needs it, and its channels to other services two seconds more; medspaCy's package file imports QuickUMLS, NLTK's
corpora and PyRuSH for parts that we do not use. Rasa and medspaCy are used as they are otherwise. tests/test_lean_imports.py fails when an upgrade
moves what this relies on.
"""
from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Any

HEAVY = (
    # neural components and pictures of training; the second line is asked for when Rasa checks a recipe, in training
    "tensorflow", "h5py", "matplotlib",
    "tensorflow_hub", "tensorflow_text", "tensorflow_addons", "keras", "skops",
    # Rasa's channels to other chat services, its web server, its brokers and reminders
    "aiogram", "fbmessenger", "slack_sdk", "socketio", "twilio", "webexteamssdk", "sanic", "pymongo", "redis", "boto3",
    "google.auth", "google.oauth2", "apscheduler",
    # command lines
    "questionary", "prompt_toolkit", "spacy.cli",
    # medspaCy's look-up of medical concepts, which brings NLTK with all its corpora
    "quickumls",
)
# The first trains the heads, and applying them takes numpy alone; the second is Rasa's store of cached training steps.
NOT_SERVED = ("sklearn", "sqlalchemy")


class _Absent(types.ModuleType):
    """Stands for a module that is not loaded: anything may be named (type hints, base classes), nothing works."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()  # as if it were not named; `object` before another base would be no order

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Used as a decorator at import time: leave what it decorates as it is.
        return args[0] if len(args) == 1 and callable(args[0]) else _Absent(self.__name__)


class _AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        parts = fullname.split(".")
        if any(".".join(parts[:n]) in self.names for n in range(1, len(parts) + 1)):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__path__ = []


def leave_out_heavy_modules(*, serving: bool = True) -> None:
    """From here on `import tensorflow` and the like load a stand-in. Does nothing when called twice.

    Args:
        serving: leave out what only training needs, too.
    """
    if not any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AbsentFinder((*HEAVY, *NOT_SERVED) if serving else HEAVY))


def quieten_rasa() -> None:
    """No telemetry, and nothing below a warning from Rasa: its debug lines hold what visitors typed."""
    import logging
    import os

    import structlog

    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("rasa", "rasa_sdk", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Deprecations inside pinned libraries: nobody who runs the bot can act on them. Filters do not last, some
    # libraries reset them at import.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def medspacy_context() -> tuple[type, type]:
    """ConText and ConTextRule without the rest of medspaCy."""
    if "medspacy" not in sys.modules:
        spec = importlib.util.find_spec("medspacy")
        if spec is None:
            raise ModuleNotFoundError("medspacy is not installed; run: make train")
        package = types.ModuleType("medspacy")
        package.__path__ = list(spec.submodule_search_locations or ())
        package.__spec__ = spec
        sys.modules["medspacy"] = package
    from medspacy.context import ConText, ConTextRule

    return ConText, ConTextRule
