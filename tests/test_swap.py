"""The engine changes its model while visitors write: nothing is lost, and a bad model never serves.

The archives are copies of the trained model, or of one whose labels were turned round.
"""
from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from bot.desk.compare import Comparison
from bot.desk.ship import rollback, ship
from bot.errors import ModelRefused
from bot.model_record import make_record, write_record
from bot.releases import Release, add_releases, read_releases
from bot.self_test import PROBES, failures
from bot.server_reports import live_reports
from bot.settings import ROOT, Settings, read_settings
from bot.text import compare_key
from bot.training import PROGRAM, fingerprint
from bot.turn import default_house
from bot.web.server import bind
from bot.desk.phrases import training_phrases

pytestmark = pytest.mark.model
EVERY = 0.2  # seconds between two messages: five a second
LONGEST = 3.0  # seconds that a visitor waits before the unavailable reply


def no_objections(first: Path | None, second: Path) -> Comparison:
    return Comparison(first=first and first.name, second=second.name, figures={}, topics={}, worse=(), better=(), other=(),
                      missed=(), below_floor=(), unanswered=())


def turned_round(model: Path, target: Path) -> Path:
    """The model with the topics' names in reverse: it loads, and answers everything wrongly."""
    with tarfile.open(model) as source, tarfile.open(target, "w:gz", compresslevel=1) as out:
        for member in source:
            data = source.extractfile(member).read() if member.isfile() else None
            if member.name.endswith("TopicClassifier2/heads.json"):
                heads = json.loads(data)
                heads["classes"].reverse()
                data = json.dumps(heads).encode()
                member.size = len(data)
            out.addfile(member, io.BytesIO(data) if data is not None else None)
    return target


@pytest.fixture(scope="module")
def turned(model_file: Path, tmp_path_factory) -> Path:
    return turned_round(model_file, tmp_path_factory.mktemp("turned") / "footnote-turned.tar.gz")


@pytest.fixture
def other(model_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(model_file, tmp_path / "footnote-other.tar.gz"))


@dataclass
class Client:
    """Sends a message every `EVERY` seconds in one conversation, whatever happens."""

    say: object  # text -> (kind of the first reply, tier that stands)
    heard: list = field(default_factory=list)
    slowest: float = 0.0

    @contextmanager
    def writing(self) -> Iterator[Client]:
        stop = threading.Event()

        def write() -> None:
            text = "I take warfarin"
            while not stop.is_set():
                started = time.monotonic()
                try:
                    self.heard.append(self.say(text))
                except Exception as error:  # noqa: BLE001 - counted as lost by the test
                    self.heard.append(repr(error))
                took = time.monotonic() - started
                self.slowest = max(self.slowest, took)
                text = "is foot massage safe with neuropathy?"
                stop.wait(max(0.0, EVERY - took))

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    def check(self) -> None:
        """Every message was answered in time and by the model, and the warning of the first stood to the end."""
        assert self.heard[0] == ("escalation", "caution")
        assert set(self.heard[1:]) == {("answer", "caution")}, self.heard
        assert self.slowest < LONGEST


@pytest.fixture
def own_engine(open_engine, tmp_path: Path):
    with open_engine(tmp_path / "conversations.sqlite3", seconds=LONGEST) as engine:
        yield engine


def client_of(engine) -> Client:
    conversation = uuid.uuid4().hex

    def say(text: str):
        answer = asyncio.run(engine.answer(text, conversation=conversation))
        return answer.replies[0].kind, answer.standing_tier

    return Client(say)


# The engine

def test_swap_under_load_loses_nothing_and_conversations_go_on(own_engine, model_file, other) -> None:
    with client_of(own_engine).writing() as client:
        time.sleep(0.5)
        own_engine.swap(other)
        assert own_engine.model == other.name
        time.sleep(0.5)
        started = time.monotonic()
        own_engine.swap(model_file)
        assert time.monotonic() - started < 0.2, "the way back loads nothing"
        assert own_engine.model == model_file.name
        time.sleep(0.5)
    client.check()


def test_turn_that_is_under_way_ends_with_the_model_that_it_began_with(own_engine, other, monkeypatch) -> None:
    old = own_engine._serving
    real, began, go_on = type(old).answer, threading.Event(), threading.Event()
    by = []

    async def slow(model, text, conversation, clinic):
        by.append(model.path.name)
        began.set()
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await real(model, text, conversation, clinic)

    monkeypatch.setattr(type(old), "answer", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        asyncio.run(own_engine.answer("I take warfarin", conversation="c"))))
    thread.start()
    assert began.wait(5)
    own_engine.swap(other)
    own_engine.drop_spare()
    go_on.set()
    thread.join()
    assert answers[0].standing_tier == "caution"
    assert asyncio.run(own_engine.answer("is massage safe?", conversation="c")).standing_tier == "caution"
    assert by == [old.path.name, other.name]


@pytest.mark.parametrize("same_slots", [True, False])
def test_conversation_is_read_anew_only_where_slots_have_changed(own_engine, other, monkeypatch, same_slots) -> None:
    from rasa.shared.core.domain import Domain

    asyncio.run(own_engine.answer("I take warfarin", conversation="c"))
    if not same_slots:
        monkeypatch.setattr(own_engine._serving.trackers, "domain", Domain.empty())
    own_engine.swap(other)
    real, read = own_engine._store.events, []
    monkeypatch.setattr(own_engine._store, "events", lambda conversation: read.append(conversation) or real(conversation))
    answer = asyncio.run(own_engine.answer("is foot massage safe with neuropathy?", conversation="c"))
    assert answer.standing_tier == "caution" and read == ([] if same_slots else ["c"])


def test_model_that_fails_its_self_test_never_serves(own_engine, turned) -> None:
    before = own_engine.model
    with client_of(own_engine).writing() as client:
        time.sleep(0.5)
        with pytest.raises(ModelRefused) as raised:
            own_engine.swap(turned)
    assert str(raised.value).startswith('footnote-turned.tar.gz failed its self-test: "could somebody tell me ')
    assert own_engine.model == before and own_engine._spare is None
    client.check()


@pytest.mark.parametrize("content", [b"", b"not a model", "half"])
def test_archive_that_cannot_be_loaded_leaves_the_old_model(own_engine, model_file, tmp_path, content) -> None:
    path, before = tmp_path / "footnote-broken.tar.gz", own_engine.model
    whole = model_file.read_bytes()
    path.write_bytes(whole[:len(whole) // 2] if content == "half" else content)
    with pytest.raises(ModelRefused, match="^footnote-broken.tar.gz could not be loaded: [A-Za-z]*Error"):
        own_engine.swap(path)
    assert own_engine.model == before
    assert client_of(own_engine).say("I take warfarin") == ("escalation", "caution")


def test_full_disk_while_loading_leaves_the_old_model(own_engine, other, monkeypatch) -> None:
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.rasa_agent.load_predict_graph_runner", full)
    with pytest.raises(ModelRefused, match="could not be loaded: OSError: .*No space left on device"):
        own_engine.swap(other)
    assert own_engine.model != other.name


def test_deletion_reaches_the_model_in_reserve_too(own_engine, model_file, other) -> None:
    asyncio.run(own_engine.answer("I take warfarin", conversation="c"))
    own_engine.swap(other)
    asyncio.run(own_engine.answer("hello", conversation="c"))
    models = (own_engine._serving, own_engine._spare)
    assert all("c" in model.trackers._cached for model in models)
    asyncio.run(own_engine.forget("c"))
    assert not any("c" in model.trackers._cached for model in models)


def test_old_model_is_freed_when_it_is_dropped(own_engine, other) -> None:
    asyncio.run(own_engine.answer("I take warfarin", conversation="c"))
    parts = [weakref.ref(part) for part in (own_engine._serving, own_engine._serving.agent.processor)]
    own_engine.swap(other)
    assert all(part() is not None for part in parts), "in reach for a rollback"
    own_engine.drop_spare()
    assert [part() for part in parts] == [None, None]


def test_third_model_frees_the_first(own_engine, other, model_file, tmp_path) -> None:
    first = weakref.ref(own_engine._serving)
    own_engine.swap(other)
    own_engine.swap(Path(shutil.copy(model_file, tmp_path / "footnote-third.tar.gz")))
    gc.collect()
    assert first() is None and own_engine._spare.path == other


def test_self_test_is_answered_in_conversations_that_nobody_keeps(own_engine) -> None:
    assert asyncio.run(failures(own_engine._serving.rehearse)) == []
    assert own_engine._store.conversations() == []


def test_no_probe_is_known_by_heart() -> None:
    known = {phrase.key for phrase in training_phrases()}
    assert [probe.text for probe in PROBES if compare_key(probe.text) in known] == []


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.kinds[0])
def test_every_probe_can_fail(probe) -> None:
    speaker = default_house().speaker(None)

    async def wrong(text):
        return [speaker.answer("heat_therapy")]

    async def silent(text):
        return []

    for rehearse, got in ((wrong, "answer heat_therapy"), (silent, "nothing")):
        (said,) = asyncio.run(failures(rehearse, [probe]))
        assert f'"{probe.text}" got {got} instead of' in said


# A real server

@pytest.fixture
def settings(tmp_path: Path, model_file: Path) -> Settings:
    """Models a (shipped), b and one that is turned round, in a folder of their own."""
    settings = replace(read_settings({}), models=tmp_path / "models")
    settings.models.mkdir()
    for name in "ab":
        shutil.copy(model_file, settings.models / f"footnote-{name}.tar.gz")
        note(settings, f"footnote-{name}.tar.gz")
    add_releases(settings.models, entry(settings, "footnote-a.tar.gz"), expected=0)
    return settings


def note(settings: Settings, name: str) -> None:
    write_record(make_record(settings.models / name, model=name, fingerprint=name, program=fingerprint(inputs=PROGRAM),
                             intents=()), settings.models)


def entry(settings: Settings, name: str) -> Release:
    record = make_record(settings.models / name, model=name, fingerprint="", program="", intents=())
    return Release(model=name, sha256=record.sha256, size=record.size, action="ship", by="jo")


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[str]:
    """The address of `python -m bot serve` over these models, once it answers."""
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    environment = {**os.environ, "FOOTNOTE_MODELS": str(settings.models), "FOOTNOTE_RATE_LIMIT": "off"}
    # Conversations in a folder of their own; what is made once for all (the encoder) stays where it is.
    (folder / "var").mkdir()
    for path in settings.var.iterdir():
        if path.name.startswith(("encoder", "red-flags")):
            (folder / "var" / path.name).symlink_to(path)
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "bot", "serve", "--port", str(port)], cwd=ROOT,
                               env={**environment, "FOOTNOTE_VAR": str(folder / "var")}, text=True,
                               stdout=subprocess.PIPE, stderr=(folder / "log").open("w"))
    try:
        assert "is serving on" in process.stdout.readline(), (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_running_server_takes_refuses_and_takes_back_models_without_losing_a_message(
    settings, turned, tmp_path
) -> None:
    models = settings.models
    with served(settings, tmp_path) as address, httpx.Client(base_url=address, timeout=20) as http:
        token: dict = {}

        def say(text: str):
            response = http.post("/api/v1/messages", json={"text": text, **token})
            response.raise_for_status()
            token["conversation"] = response.json()["conversation"]
            return response.json()["replies"][0]["kind"], response.json()["standing_tier"]

        def model() -> str:
            return httpx.get(f"{address}/api/v1/health").json()["model"]

        assert model() == "footnote-a.tar.gz"
        with Client(say).writing() as client:
            (report,) = ship(settings, models / "footnote-b.tar.gz", by="jo", compared=no_objections).reports
            assert (report.state, report.model, model()) == ("serving",) + ("footnote-b.tar.gz",) * 2

            shutil.copy(turned, models / "footnote-turned.tar.gz")
            note(settings, "footnote-turned.tar.gz")
            with pytest.raises(ModelRefused, match="refused it: footnote-turned.tar.gz failed its self-test"):
                ship(settings, models / "footnote-turned.tar.gz", by="jo", compared=no_objections)
            assert model() == "footnote-b.tar.gz"

            # Damage that comes between shipping and loading: the server looks for itself.
            shutil.copy(models / "footnote-b.tar.gz", models / "footnote-c.tar.gz")
            tampered = entry(settings, "footnote-c.tar.gz")
            with open(models / "footnote-c.tar.gz", "r+b") as stream:
                stream.seek(1000)
                stream.write(b"\0\0\0\0")
            number = add_releases(models, tampered, expected=read_releases(models).number).number
            while live_reports(models)[0].number != number or live_reports(models)[0].state == "loading":
                time.sleep(0.05)
            (report,) = live_reports(models)
            assert report.state == "refused" and "has other bytes" in report.message and model() == "footnote-b.tar.gz"

            (report,) = rollback(settings, by="jo").reports
            assert (report.state, report.model) == ("serving", model())
            (report,) = rollback(settings, by="jo", reason="as it was").reports
            assert (report.state, model()) == ("serving", "footnote-a.tar.gz")
        client.check()
    assert live_reports(models) == [], "a server that has ended says nothing any more"
    log = (tmp_path / "log").read_text()
    assert "warfarin" not in log and "footnote-c.tar.gz has other bytes" in log
