"""The audit log as a page and as CSV; in a whole day's work no word of a visitor gets into it or into a log."""
from __future__ import annotations

import csv
import io
import logging

from tests.web.desk.conftest import NEW


def test_page_shows_the_newest_and_leads_to_older(client_of, desk) -> None:
    for n in range(120):
        desk.audit.note("ann", "filed", f"message {n} -> source")
    reader = client_of("reader")
    page = reader.get("/audit").text
    assert "message 119 " in page and "message 3 " not in page and "/audit?before=" in page
    older = reader.get("/audit?before=22").text
    assert "message 3 " in older and "message 119 " not in older
    assert reader.get("/audit?before=x").status_code == reader.get(f"/audit?before={'9' * 40}").status_code == 200


def test_csv_holds_all_of_it(client_of, desk) -> None:
    desk.audit.note("ann", "shipped", "=HYPERLINK(1)")
    response = client_of("reader").get("/audit.csv")
    assert response.headers["content-type"].startswith("text/csv") and "attachment" in response.headers["content-disposition"]
    assert [row[2:] for row in csv.reader(io.StringIO(response.text))] == [
        ["who", "what", "detail"], ["reader", "signed in", ""], ["ann", "shipped", "'=HYPERLINK(1)"]]


def test_no_word_of_a_visitor_gets_into_the_desks_records_or_logs(client_of, desk, keep, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    word = "plantedword"
    numbers = [keep(f"{chr(97 + n)} {word} {NEW}", f"{n}") for n in range(4)]
    editor = client_of("editor")
    for number, do in zip(numbers, ("guess:massage_safety", "evaluation", "drop", "not_covered")):
        for step in ("file", "write"):
            editor.post(f"/inbox/{number}/{step}", do=do, intent="heat_therapy")
    editor.post(f"/inbox/{numbers[0]}/file", do="guess:massage_safety")
    editor.get(f"/inbox?clinic={word}&since={word}")
    assert desk.inbox.messages() == [] and len(desk.audit.entries()) == 5
    kept = b"".join(path.read_bytes() for path in desk.settings.var.glob("desk.sqlite3*"))
    assert word.encode() not in kept and "kneading" not in caplog.text
    assert word not in "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
