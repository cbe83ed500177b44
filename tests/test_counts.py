"""What is counted of a turn, and how counts reach their file: together, whole, and without anybody waiting."""
from __future__ import annotations

import datetime as dt
import logging
import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

import pytest

from bot.conversations import Rating
from bot.counts.counting import Counts
from bot.counts.measures import (
    BOUNDS,
    OUTCOME_OF_KIND,
    OUTCOMES,
    REFUSALS,
    RESPONSE_ITEMS,
    counted_of_turn,
    outcome_of,
)
from bot.counts.store import KEEP_DAYS, Key, add_counts, counted_clinics, first_day, read_counts
from bot.errors import SetupError
from bot.reply import KINDS, Reply
from bot.settings import ROOT

NOON = dt.datetime(2026, 11, 18, 12, tzinfo=dt.timezone.utc)
DAY = NOON.date()


def reply(kind: str, *, topic: str | None = None, tier: str | None = None) -> Reply:
    caveat = "See your doctor." if kind in ("answer", "escalation") else None
    topic = topic or {"answer": "heat_therapy", "smalltalk": "greet"}.get(kind)
    tier = tier or ("urgent" if kind == "escalation" else None)
    return Reply(kind=kind, text="x", caveat=caveat, topic=topic, tier=tier)


def kept(path, day: dt.date = DAY) -> dict[tuple[str, str], int]:
    """(measure, item) -> value of a day, over all clinics."""
    found: Counter[tuple[str, str]] = Counter()
    for count in read_counts(path, first=day, last=day):
        found[count.key.measure, count.key.item] += count.value
    return dict(found)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "var" / "counts.sqlite3"


@pytest.fixture
def counts(path):
    return Counts(path, clock=lambda: NOON)


def test_every_kind_of_reply_has_an_outcome() -> None:
    assert set(OUTCOME_OF_KIND) == set(KINDS) and set(OUTCOME_OF_KIND.values()) == set(OUTCOMES)


@pytest.mark.parametrize("kinds, outcome", [
    (["answer"], "answered"), (["answer", "answer"], "answered"), (["clarify"], "clarified"), (["not_covered"], "refused"),
    (["out_of_scope"], "refused"), (["decline"], "refused"), (["smalltalk"], "other"), (["unavailable"], "unavailable"),
    (["escalation", "answer"], "escalated"), (["escalation", "unavailable"], "escalated"),
    (["answer", "handoff"], "answered"), (["answer", "not_covered"], "answered"),
])
def test_turn_comes_to_one_outcome(kinds, outcome) -> None:
    assert outcome_of([reply(kind) for kind in kinds]) == outcome


def test_turn_with_danger_sign_and_two_topics() -> None:
    replies = [reply("escalation", tier="caution"), reply("escalation", tier="emergency"), reply("answer"),
               reply("answer", topic="massage_safety"), reply("answer")]
    assert list(counted_of_turn(replies, seconds=0.0121, begins=True)) == [
        ("conversation", ""), ("turn", ""), ("outcome", "escalated"), ("tier", "emergency"), ("topic", "heat_therapy"),
        ("topic", "massage_safety"), ("reply", "escalation"), ("reply", "escalation"), ("reply", "answer"),
        ("reply", "answer"), ("reply", "answer"), ("response_ms", "15")]


@pytest.mark.parametrize("kind", REFUSALS)
def test_refused_turn_says_by_what(kind) -> None:
    found = list(counted_of_turn([reply(kind)], seconds=0.0, begins=False))
    assert found == [("turn", ""), ("outcome", "refused"), ("refused", kind), ("reply", kind), ("response_ms", "5")]


@pytest.mark.parametrize("ms, item", [
    (0, "5"), (5, "5"), (5.01, "10"), (4999, "5000"), (5000, "5000"), (5000.1, "over"), (60_000, "over")])
def test_response_time_falls_under_the_bound_that_it_keeps(ms, item) -> None:
    assert list(counted_of_turn([reply("answer")], seconds=ms / 1000, begins=False))[-1] == ("response_ms", item)


def test_bounds_are_as_close_as_the_docs_say() -> None:
    assert all(high <= 1.5 * low for low, high in zip(BOUNDS[1:], BOUNDS[2:])) and len(RESPONSE_ITEMS) == len(BOUNDS) + 1


def test_counts_add_up_over_writings_and_restarts(path, counts) -> None:
    counts.turn("demo", [reply("answer")], seconds=0.01, begins=True)
    assert not path.exists()  # nothing is opened while a visitor is answered
    counts.write()
    counts.turn("demo", [reply("answer")], seconds=0.01, begins=False)
    counts.turn("harbour", [reply("clarify")], seconds=0.01, begins=False)
    counts.write()
    Counts(path, clock=lambda: NOON).write()
    again = Counts(path, clock=lambda: NOON)
    again.turn("demo", [reply("answer")], seconds=0.01, begins=False)
    again.write()
    assert kept(path) == {
        ("conversation", ""): 1, ("turn", ""): 4, ("outcome", "answered"): 3, ("outcome", "clarified"): 1,
        ("topic", "heat_therapy"): 3, ("reply", "answer"): 3, ("reply", "clarify"): 1, ("response_ms", "10"): 4}
    (harbour,) = (c for c in read_counts(path, first=DAY, last=DAY, clinic="harbour") if c.key.measure == "turn")
    assert harbour.value == 1
    assert counted_clinics(path) == ["demo", "harbour"] and first_day(path) == DAY


def test_day_is_that_of_utc(path) -> None:
    late = dt.datetime(2026, 11, 18, 20, 30, tzinfo=dt.timezone(dt.timedelta(hours=-8)))  # half past four of the 19th
    counts = Counts(path, clock=lambda: late.astimezone(dt.timezone.utc))
    counts.turn("demo", [reply("answer")], seconds=0.01, begins=True)
    counts.write()
    assert first_day(path) == dt.date(2026, 11, 19)


@pytest.mark.parametrize("before, now, left", [
    (None, "up", {("rating", "up"): 1}),
    ("up", "up", {("rating", "up"): 1}),
    ("up", "down", {("rating", "up"): 0, ("rating", "down"): 1}),
])
def test_reply_counts_with_its_last_rating(path, counts, before, now, left) -> None:
    if before:
        counts.rated("demo", before, before=None)
    counts.rated("demo", now, before=Rating(rating=before, at=NOON.timestamp()) if before else None)
    counts.write()
    assert kept(path) == left


def test_reply_that_is_rated_day_after_day_counts_on_the_last(path) -> None:
    before = None
    for n, rating in enumerate(["up", "up", "down"]):
        now = NOON + dt.timedelta(days=n)
        counts = Counts(path, clock=lambda now=now: now)
        counts.rated("demo", rating, before=before)
        counts.write()
        before = Rating(rating=rating, at=now.timestamp())
    days = [kept(path, DAY + dt.timedelta(days=n)) for n in range(3)]
    assert days == [{("rating", "up"): 0}, {("rating", "up"): 0}, {("rating", "down"): 1}]


def test_rows_older_than_two_years_are_forgotten_also_without_a_message(path) -> None:
    old, kept_just = (DAY - dt.timedelta(days=days) for days in (KEEP_DAYS + 1, KEEP_DAYS))
    both = {Key("demo", day.isoformat(), "turn", ""): 1 for day in (old, kept_just)}
    add_counts(path, both, today=kept_just)
    assert first_day(path) == old
    Counts(path, clock=lambda: NOON).write()
    assert first_day(path) == kept_just


def test_file_is_readable_by_its_owner_only(path, counts) -> None:
    counts.write()
    assert path.stat().st_mode & 0o777 == 0o600


# several processes

TURNS, PROCESSES = 40, 4


def count_and_write(path) -> None:
    counts = Counts(path, clock=lambda: NOON)
    for _ in range(TURNS):
        counts.turn("demo", [reply("answer")], seconds=0.01, begins=False)
        counts.write()
    for _ in range(5):  # who did not get the lock in time tries again
        counts.write()


def test_several_processes_add_up(path) -> None:
    processes = [multiprocessing.get_context("fork").Process(target=count_and_write, args=(path,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert kept(path)[("turn", "")] == TURNS * PROCESSES


KILLED = """
import datetime as dt, sys, time
from pathlib import Path
from bot.counts.store import Key, add_counts
path, n = Path(sys.argv[1]), 0
print("begun", flush=True)
while True:
    n += 1
    add_counts(path, {Key("demo", "2026-11-18", "turn", ""): 1, Key("demo", "2026-11-18", "reply", "answer"): 1},
               today=dt.date(2026, 11, 18))
"""


def test_process_killed_while_it_writes_leaves_whole_turns(path) -> None:
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(0.15)
            process.send_signal(signal.SIGKILL)
    found = kept(path)
    assert found[("turn", "")] == found[("reply", "answer")] > 0


# trouble


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr("bot.counts.store.BUSY_SECONDS", 0.05)


def test_locked_file_is_logged_once_and_nothing_is_lost(path, counts, caplog, quick) -> None:
    counts.write()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            counts.turn("demo", [reply("answer")], seconds=0.01, begins=False)
            counts.write()
        assert [record.levelno for record in caplog.records] == [logging.ERROR] and "locked" in caplog.text
        other.execute("ROLLBACK")
    counts.write()
    assert kept(path)[("turn", "")] == 3 and "no count was lost" in caplog.text
    counts.write()
    assert len(caplog.records) == 2


FULL = """
import resource, signal, sys
from pathlib import Path
from bot.counts.counting import Counts
from bot.reply import Reply
ANSWER = Reply(kind="clarify", text="x")
path = Path(sys.argv[1])
counts = Counts(path)
counts.turn("demo", [ANSWER], seconds=0.01, begins=False)
counts.write()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))  # from here on every write fails
for _ in range(3):
    counts.turn("demo", [ANSWER], seconds=0.01, begins=False)
    counts.write()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if sys.argv[2] == "mended":
    counts.write()
"""


@pytest.mark.parametrize("end, turns", [("mended", 4), ("stays", 1)])
def test_file_that_cannot_grow_is_logged_once_and_stands_as_before(path, end, turns) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, str(path), end], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr.count("cannot be written") == 1, run.stderr
    assert kept(path, first_day(path))[("turn", "")] == turns


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b"no database" * 1000), lambda path: (path.unlink(), path.mkdir())])
def test_damaged_file_disturbs_nobody_and_is_told_to_who_reads(path, counts, caplog, damage) -> None:
    counts.write()
    damage(path)
    counts.turn("demo", [reply("answer")], seconds=0.01, begins=False)
    counts.write()
    counts.write()
    assert len(caplog.records) == 1
    with pytest.raises(SetupError, match="the counts cannot be read"):
        read_counts(path, first=DAY, last=DAY)


def test_folder_that_cannot_be_made_disturbs_nobody(tmp_path, caplog) -> None:
    (tmp_path / "file").touch()
    Counts(tmp_path / "file" / "counts.sqlite3").write()
    assert len(caplog.records) == 1


def test_nothing_was_counted_yet(path, tmp_path) -> None:
    assert read_counts(path, first=DAY, last=DAY) == counted_clinics(path) == [] and first_day(path) is None
    (tmp_path / "empty").touch()
    assert first_day(tmp_path / "empty") is None
    add_counts(path, {}, today=DAY)
    assert first_day(path) is None
