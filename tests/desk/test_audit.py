"""The audit log: who did what, from the page and from the command line; it only grows, and holds no visitor's words."""
from __future__ import annotations

import csv
import io
import sqlite3

import pytest

from bot.command_line import main
from bot.desk.audit import ACTIONS, Audit, Entry, as_csv, noting_releases
from bot.desk.ship import rollback, ship
from bot.desk.store import DeskStore
from bot.errors import FootnoteError, ModelRefused, SetupError
from bot.settings import read_settings
from tests.desk.shipping.conftest import archive, comparison, program, settings  # noqa: F401 - fixtures
from tests.desk.test_filing import NEW, root  # noqa: F401
from tests.desk.test_inbox_command import file, keep, store  # noqa: F401


@pytest.fixture
def audit(tmp_path):
    store = DeskStore(tmp_path / "desk.sqlite3")  # noqa: F811
    yield Audit(store)
    store.close()


def read(settings) -> list[tuple[str, str]]:  # noqa: F811
    store = DeskStore(settings.desk_database)  # noqa: F811
    try:
        return [(entry.what, entry.detail) for entry in reversed(Audit(store).entries())]
    finally:
        store.close()


def test_entries_come_the_newest_first_and_in_parts(audit) -> None:
    for n in range(5):
        audit.note("ann", "signed in", f"{n}")
    assert [entry.detail for entry in audit.entries()] == ["4", "3", "2", "1", "0"]
    first = audit.entries(most=2)
    assert [entry.detail for entry in audit.entries(most=2, before=first[-1].number)] == ["2", "1"]


def test_log_only_grows(audit, tmp_path) -> None:
    audit.note("ann", "shipped", "a model")
    with sqlite3.connect(tmp_path / "desk.sqlite3") as connection:
        for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'bob'"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)


def test_only_known_actions_are_noted(audit) -> None:
    with pytest.raises(ValueError, match="is no action"):
        audit.note("ann", "looked at it")
    assert audit.entries() == [] and len(set(ACTIONS)) == len(ACTIONS)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "plain, \"quoted\"\nlines", ""])
def test_cell_of_the_csv_is_never_a_formula(cell: str) -> None:
    rows = list(csv.reader(io.StringIO(as_csv([Entry(number=1, at=0.0, who=cell, what="filed", detail=cell)]))))
    assert rows[0] == ["number", "when", "who", "what", "detail"]
    assert rows[1][:2] == ["1", "1970-01-01 00:00:00"] and not rows[1][2].startswith(("=", "+", "-", "@", "\t"))
    assert rows[1][4].removeprefix("'") == cell


def test_filing_on_the_command_line_is_noted_without_words(store, root, capsys) -> None:  # noqa: F811
    numbers = [keep(store, text) for text in (NEW, "drop me", "measure me")]
    file(root, str(numbers[0]), "massage_safety", "--yes")
    file(root, str(numbers[1]), "--drop", "--yes")
    file(root, str(numbers[2]), "--evaluation-only", "massage_safety", "--yes")
    with pytest.raises(FootnoteError):
        file(root, str(numbers[0]), "massage_safety", "--yes")
    assert read(read_settings()) == [
        ("filed", f"message {numbers[0]} -> massage_safety"), ("dropped", f"message {numbers[1]}"),
        ("filed for evaluation", f"message {numbers[2]} -> massage_safety")]
    capsys.readouterr()
    assert main(["desk", "audit", "--csv"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 4 and "kneading" not in out
    assert main(["desk", "audit", "--most", "1"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_nothing_is_filed_where_nothing_can_be_noted(store, root, tmp_path) -> None:  # noqa: F811
    number = keep(store, NEW)
    (tmp_path / "var" / "desk.sqlite3").mkdir()
    with pytest.raises(SetupError, match="the desk cannot keep its records"):
        file(root, str(number), "massage_safety", "--yes")
    assert NEW not in (root / "data/nlu/massage_safety.yml").read_text() and len(store.messages()) == 1


def test_shipping_is_noted_by_what_the_book_says(settings, archive, comparison) -> None:  # noqa: F811
    with noting_releases(settings, "jo"):
        ship(settings, archive("a"), by="jo", compared=comparison())
    with noting_releases(settings, "jo"):
        ship(settings, archive("b"), by="jo", force=True, reason="wrong label", compared=comparison(below_floor=("x",)))
    with noting_releases(settings, "jo"):
        rollback(settings, by="jo", reason="bad")
    with pytest.raises(ModelRefused), noting_releases(settings, "jo"):
        ship(settings, archive("c"), by="jo", compared=comparison(below_floor=("x",)))
    with noting_releases(settings, "jo"):
        ship(settings, archive("d"), by="ann", compared=comparison())
    assert read(settings) == [
        ("shipped", "footnote-a.tar.gz"), ("shipped by force", "footnote-b.tar.gz: wrong label"),
        ("rolled back", "footnote-a.tar.gz: bad")]


def test_model_that_a_server_refused_is_noted_as_shipped_and_taken_back(settings, archive, comparison) -> None:  # noqa: F811
    from bot.server_reports import Report, ReportFile

    ship(settings, archive("a"), by="jo", compared=comparison())
    report = ReportFile(settings.models)
    report.write(Report(
        server=report.server, state="refused", model="footnote-a.tar.gz", number=2, message="failed its self-test"))
    with pytest.raises(ModelRefused, match="self-test"), noting_releases(settings, "jo"):
        ship(settings, archive("b"), by="jo", compared=comparison())
    assert [what for what, _ in read(settings)] == ["shipped", "taken back"]
