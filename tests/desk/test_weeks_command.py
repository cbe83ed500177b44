"""`python -m bot desk figures`, and the themes of what was not answered."""
from __future__ import annotations

import csv
import datetime as dt
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bot.command_line import main
from bot.conversations import ConversationStore
from bot.counts.store import Key, add_counts
from bot.counts.week import Week
from bot.desk.themes import themes_of
from bot.inbox.store import InboxStore, KeptMessage

WEEK = Week(2026, 47)
MONDAY = dt.datetime(2026, 11, 16, tzinfo=dt.timezone.utc).timestamp()
A_WEEK = 7 * 86_400
WORDS = "xylophone"


GUESSES = (("not_covered", 0.8), ("heat_therapy", 0.1))


def message(text: str, *, at: float = MONDAY, why=("refused",), guesses=GUESSES) -> KeptMessage:
    return KeptMessage(id=0, text=text, why=why, guesses=guesses, clinic="demo", at=at)


def by_first_letter():
    def encode(texts):
        return np.array([np.eye(128)[ord(text[0])] for text in texts], dtype=np.float32)
    return encode


@pytest.fixture
def var(tmp_path, monkeypatch):
    """A folder in which last week was counted: of demo and of harbour."""
    monkeypatch.setenv("FOOTNOTE_VAR", str(tmp_path))
    monkeypatch.setattr("bot.desk.week_book.now_in_utc", lambda: dt.datetime(2026, 11, 18, tzinfo=dt.timezone.utc))
    for clinic, turns in (("demo", 30), ("harbour", 10)):
        counted = {("conversation", ""): turns // 5, ("turn", ""): turns, ("outcome", "answered"): turns,
                   ("response_ms", "20"): turns, ("topic", "heat_therapy"): turns, ("rating", "up"): 1}
        add_counts(tmp_path / "counts.sqlite3", {Key(clinic, "2026-11-17", *what): n for what, n in counted.items()},
                   today=dt.date(2026, 11, 17))
    return tmp_path


def lines(capsys) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_table_holds_the_figures_beside_those_of_the_week_before(var, capsys) -> None:
    assert main(["desk", "figures"]) == 0
    said = lines(capsys)
    assert said[0] == "All clinics, week 2026-W47 (16 Nov to 22 Nov 2026, so far), beside 2026-W46"
    for line in ("conversations 8 0", "turns 40 0", "turns a conversation 5.0 -",
                 "half of the replies came within 15 to 20 ms -", f"answered 100% {'█' * 20} 40 (0)",
                 "escalated 0% 0 (0)", f"thumbs up {'█' * 20} 2 (0)",
                 f"15 to 20 ms {'█' * 20} 40 (0)", "none"):
        assert line in said
    assert any(line.startswith("Can heat") or "heat" in line.lower() for line in said if line.endswith("40 (0)"))


def test_table_of_one_clinic_and_week(var, capsys) -> None:
    assert main(["desk", "figures", "--clinic", "harbour", "--week", "2026-W48"]) == 0
    said = lines(capsys)
    assert said[0] == "harbour, week 2026-W48 (23 Nov to 29 Nov 2026), beside 2026-W47" and "turns 0 10" in said


def test_week_without_anything_says_so(var, capsys) -> None:
    assert main(["desk", "figures", "--week", "2025-W01"]) == 0
    assert "Nothing was counted in either week" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--csv", "-"]])
def test_installation_that_counted_nothing_yet(tmp_path, monkeypatch, capsys, arguments) -> None:
    monkeypatch.setenv("FOOTNOTE_VAR", str(tmp_path))
    assert main(["desk", "figures", *arguments]) == 0
    assert not (tmp_path / "counts.sqlite3").exists()


def test_clinic_of_which_nothing_was_counted_is_refused(var, capsys) -> None:
    assert main(["desk", "figures", "--clinic", "harbor"]) == 1
    assert "nothing was counted of 'harbor'; counted were: demo, harbour" in capsys.readouterr().err


def test_odd_week_is_refused(var, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["desk", "figures", "--week", "2025-W53"])
    assert "2025 has no week 53; its last is 2025-W52" in capsys.readouterr().err


def test_csv_has_each_clinic_and_goes_to_a_file_or_to_the_terminal(var, capsys) -> None:
    file = var / "figures.csv"
    assert main(["desk", "figures", "--csv", str(file)]) == 0
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert {row["clinic"] for row in rows} == {"demo", "harbour"}
    assert [row["value"] for row in rows if row["measure"] == "turn"] == ["30", "10"]
    assert capsys.readouterr().out == ""
    main(["desk", "figures", "--csv", "-", "--clinic", "demo"])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "clinic,week,measure,item,value" and "demo,2026-W47,turn,,30" in said
    assert not [line for line in said if "harbour" in line]


def test_csv_that_cannot_be_written_is_told(var, capsys) -> None:
    assert main(["desk", "figures", "--csv", str(var / "no" / "such")]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_damaged_counts_are_told_with_the_cure(var, capsys) -> None:
    (var / "counts.sqlite3").write_bytes(b"damaged" * 1000)
    assert main(["desk", "figures"]) == 1
    assert "the counts cannot be read" in capsys.readouterr().err


def test_table_is_drawn_on_a_terminal_that_knows_only_ascii(var, monkeypatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["desk", "figures"]) == 0
    out.flush()
    assert b"####" in out.buffer.getvalue()


# themes


def test_themes_are_groups_by_size_with_the_guess_and_the_nearest_topic() -> None:
    found = themes_of([
        message("turmeric one"), message("b", guesses=()), message("turmeric two"),
        message("turmeric three", guesses=(("out_of_scope", 0.5),)),
        message("socks", why=("clarified",), guesses=(("heat_therapy", 0.4),)),
    ], WEEK, by_first_letter)
    assert [(theme.messages, theme.guess, theme.nearest) for theme in found] == [
        (3, "not_covered", "heat_therapy"), (1, None, None), (1, "heat_therapy", None)]


@pytest.mark.parametrize("at, counted", [
    (MONDAY, 1), (MONDAY - 0.001, 0), (MONDAY + A_WEEK - 0.001, 1), (MONDAY + A_WEEK, 0)])
def test_theme_belongs_to_the_week_of_its_messages(at, counted) -> None:
    assert len(themes_of([message("a", at=at)], WEEK, by_first_letter)) == counted


@pytest.mark.parametrize("why, counted", [
    (("refused",), 1), (("clarified",), 1), (("low_margin", "refused"), 1), (("low_margin",), 0), (("escalated",), 0),
    (("thumbs_down", "repeated"), 0)])
def test_only_what_was_refused_or_unclear_is_a_theme(why, counted) -> None:
    assert len(themes_of([message("a", why=why)], WEEK, by_first_letter)) == counted


def test_encoder_is_not_loaded_for_nothing() -> None:
    assert themes_of([message("a", why=("escalated",))], WEEK, lambda: pytest.fail("loaded")) == []


@pytest.fixture
def unanswered(var, monkeypatch):
    """One message of harbour's was refused this week."""
    encoder = SimpleNamespace(encode=by_first_letter())
    monkeypatch.setattr("bot.nlu.encoder.SentenceEncoder.load", lambda folder: encoder)
    monkeypatch.setattr("bot.inbox.store.time.time", lambda: MONDAY + 86_400)
    conversations = ConversationStore(var / "conversations.sqlite3")
    store = InboxStore(conversations)
    store.keep("c", f"about\n{WORDS}", why=["refused"], guesses=GUESSES, clinic="harbour", days=30)
    store.close()
    conversations.close()


def test_words_of_themes_are_shown_on_request_only(unanswered, capsys) -> None:
    main(["desk", "figures"])
    said = capsys.readouterr().out
    assert "1 x  not covered, nearest topic: " in said and WORDS not in said
    main(["desk", "figures", "--words"])
    assert f"about {WORDS}" in capsys.readouterr().out


def test_csv_tells_the_number_of_each_theme_and_never_words(unanswered, capsys) -> None:
    main(["desk", "figures", "--csv", "-", "--words"])
    said = capsys.readouterr().out
    assert "harbour,2026-W47,theme,1 not_covered,1" in said and WORDS not in said and "demo,2026-W47,theme" not in said
