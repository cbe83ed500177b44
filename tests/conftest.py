"""What several rooms of tests share: the house (real content), and one loaded engine a run."""
from __future__ import annotations

import asyncio
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bot.conversations import ConversationStore
from bot.engine import Answer, Engine
from bot.errors import SetupError
from bot.lean_imports import leave_out_heavy_modules, quieten_rasa
from bot.settings import read_settings
from bot.training import latest_model
from bot.turn import House, default_house

SECONDS = 60.0  # a busy machine is no failure of the bot


@pytest.fixture(scope="session")
def house() -> House:
    """The content, clinics and red flags as they stand in the checkout."""
    return default_house()


@pytest.fixture(scope="session")
def lean_rasa() -> None:
    """Import rasa after this: as in the serving process, without TensorFlow."""
    quieten_rasa()
    leave_out_heavy_modules(serving=False)


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The trained model; never skipped, because a suite that is green without it proves little."""
    settings = read_settings()
    try:
        return latest_model(settings)
    except SetupError as error:
        newest = sorted(settings.models.glob("footnote-*.tar.gz"), key=lambda path: path.stat().st_mtime)
        if not newest:
            pytest.fail(f"{error} (make test does so by itself)", pytrace=False)
        warnings.warn(f"{error}; tested with {newest[-1].name}, which is out of date", stacklevel=1)
        return newest[-1]


@pytest.fixture(scope="session")
def open_engine(model_file: Path) -> Callable[..., AbstractContextManager[Engine]]:
    """Opens a loaded engine on a file of conversations, and closes both."""

    @contextmanager
    def opened(database: Path, *, seconds: float = SECONDS) -> Iterator[Engine]:
        store = ConversationStore(database)
        engine = Engine(model_file, store, seconds=seconds)
        engine.start()
        try:
            engine.wait(300)
            yield engine
        finally:
            engine.close()
            store.close()

    return opened


@pytest.fixture(scope="session")
def engine(open_engine, tmp_path_factory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine") / "conversations.sqlite3") as engine:
        yield engine


@pytest.fixture
def say(engine: Engine) -> Callable[..., Answer]:
    """Says something to the shared engine, in a conversation of its own unless one is named."""

    def answer(text: str, *, conversation: str | None = None, clinic: str | None = None) -> Answer:
        return asyncio.run(engine.answer(text, conversation=conversation or uuid.uuid4().hex, clinic=clinic))

    return answer
