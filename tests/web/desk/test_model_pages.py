"""Models as pages: what is shown, which commands are started for whom, and how a job's page goes along."""
from __future__ import annotations

import json
import time

import pytest

from bot.desk.compare import PICTURE, RESULT
from bot.releases import Release, add_releases
from bot.server_reports import Report, ReportFile
from tests.web.desk.test_inbox_pages import text_of


def ended(desk, number: int):
    for _ in range(500):
        job = desk.jobs.job(number)
        if job.ended and desk.jobs.running() is None:
            return job
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def number_of(response) -> int:
    assert response.status_code == 303, response.text
    return int(response.headers["location"].removeprefix("/jobs/"))


def ship(settings, name: str, **more) -> None:
    from bot.releases import read_releases

    add_releases(settings.models, Release(model=f"footnote-{name}.tar.gz", sha256="", size=0, action="ship", by="ann", **more),
                 expected=read_releases(settings.models).number)


def test_page_shows_models_book_and_servers(client_of, archive, settings) -> None:
    for name in ("aaa1", "bbb2"):
        archive(name)
    archive("ccc3").with_name("footnote-ccc3.record.json").unlink()
    ship(settings, "aaa1")
    ship(settings, "bbb2", reason="<b>because</b>", forced_over=("below the floor: caveat",))
    report = ReportFile(settings.models)
    report.write(Report(
        server=report.server, state="serving", model="footnote-bbb2.tar.gz", number=2, at="2026-11-22T10:00:00+00:00"))
    page = client_of("shipper").get("/models")
    text = text_of(page)
    assert "bbb2 served" in text and "<b>because" not in page.text and "against 1 objection" in text
    assert f"{report.server} : serving bbb2 , since 2026-11-22 10:00 UTC" in text
    assert "Cannot be shipped: footnote-ccc3.tar.gz has no footnote-ccc3.record.json" in text
    assert "All servers go back to aaa1" in text
    assert page.text.count('action="/models/compare"') == 1, "neither the served one nor one that cannot be shipped"


def test_start_page_says_what_waits_and_what_is_served(client_of, archive, settings, keep) -> None:
    archive("aaa1"), ship(settings, "aaa1"), keep("a message")
    text = text_of(client_of("reader").get("/"))
    assert "1 message not understood" in text and "Served aaa1" in text and "not trained yet" in text
    assert "No server is running" in text


@pytest.mark.parametrize(("path", "fields", "asked"), [
    ("train", {}, ("train", {})),
    ("compare", {"model": "footnote-bbb2.tar.gz"}, ("compare", {"model": "footnote-bbb2.tar.gz", "against": "footnote-aaa1.tar.gz"})),
    ("ship", {"model": "footnote-bbb2.tar.gz"}, ("ship", {"model": "footnote-bbb2.tar.gz", "reason": "", "force": False})),
    ("ship", {"model": "bbb", "force": "yes", "reason": " the\nlabel \x00is wrong "},
     ("ship", {"model": "footnote-bbb2.tar.gz", "reason": "the label is wrong", "force": True})),
    ("roll-back", {"reason": "bad answers"}, ("rollback", {"reason": "bad answers"})),
])
def test_button_starts_its_command_in_the_name_of_who_pressed_it(
    client_of, archive, settings, desk, commands, path, fields, asked,
) -> None:
    for name in ("old0", "aaa1", "bbb2"):
        archive(name)
    ship(settings, "old0"), ship(settings, "aaa1")
    shipper = client_of("shipper")
    number = number_of(shipper.post(f"/models/{path}", **fields))
    kind, how = asked
    assert commands.asked == [(kind, {"by": "shipper", **how})]
    job = ended(desk, number)
    assert (job.by, job.kind, job.lines) == ("shipper", kind, ("done it",))
    assert "done it" in shipper.get(f"/jobs/{number}").text


@pytest.mark.parametrize(("path", "fields", "status", "said"), [
    ("ship", {"model": "nope"}, 422, "is no model"), ("ship", {"model": ""}, 422, "is no model"), ("compare", {}, 422, "is no model"),
    ("ship", {"model": "--force"}, 422, "is no model"), ("ship", {"model": "../../etc/passwd"}, 422, "is no model"),
    ("ship", {"model": "bbb2", "force": "yes", "reason": "  "}, 422, "needs a reason"),
    ("roll-back", {}, 409, "there is nothing to go back to"),
])
def test_what_cannot_be_started_is_told(client_of, archive, commands, desk, path, fields, status: int, said: str) -> None:
    archive("bbb2")
    answer = client_of("shipper").post(f"/models/{path}", **fields)
    assert answer.status_code == status and said in answer.text
    assert commands.asked == [] and desk.jobs.latest(1) == []


def test_second_job_is_refused_while_the_first_runs_and_the_page_follows_it(client_of, commands, desk, noted) -> None:
    commands.program = "import time; print('begun', flush=True); time.sleep(60)"
    shipper, reader = client_of("shipper"), client_of("reader")
    number = number_of(shipper.post("/models/train"))
    answer = shipper.post("/models/train")
    assert answer.status_code == 409 and "one at a time: shipper has started" in answer.text
    for _ in range(200):
        page = reader.get(f"/jobs/{number}").text
        if "begun" in page:
            break
        time.sleep(0.02)
    assert '<noscript><meta http-equiv="refresh"' in page and 'data-state="running"' in page and "Stop it" not in page
    assert f'href="/jobs/{number}"' in reader.get("/").text and f'href="/jobs/{number}"' in reader.get("/models").text
    assert shipper.post(f"/jobs/{number + 1}/stop").status_code == 303 and desk.jobs.running()
    shipper.post(f"/jobs/{number}/stop")
    page = reader.get(f"/jobs/{number}").text
    assert "http-equiv" not in page and 'data-state="failed"' in page and "begun" in page
    assert ("shipper", "stopped a job", "train") in noted()


def test_job_goes_on_when_its_browser_is_gone(client_of, commands, desk) -> None:
    commands.program = "import time; time.sleep(0.5); print('still here')"
    shipper = client_of("shipper")
    number = number_of(shipper.post("/models/train"))
    shipper.post("/sign-out")
    assert ended(desk, number).lines == ("still here",)


def test_what_a_job_says_is_shown_as_words(client_of, commands, desk) -> None:
    commands.program = "print('<script>alert(1)</script>')"
    shipper = client_of("shipper")
    number = number_of(shipper.post("/models/train"))
    ended(desk, number)
    assert "&lt;script&gt;alert" in shipper.get(f"/jobs/{number}").text


def test_desk_that_ends_ends_its_job(desk, commands, client_of) -> None:
    commands.program = "import time; print('begun', flush=True); time.sleep(60)"
    shipper = client_of("shipper")
    number = number_of(shipper.post("/models/train"))
    shipper.client.__exit__(None, None, None)
    job = desk.jobs.job(number)
    assert job.state == "failed" and desk.jobs.running() is None
    shipper.client.__enter__()


COMPARISON = {
    "first": "footnote-a.tar.gz", "second": "footnote-b.tar.gz", "topics": {"heat_therapy": [1, 2, 2], "source": [3, 3, 3]},
    "figures": {"messages": {
        "in_scope_accuracy": [{"part": 8, "total": 10, "share": 0.8}, {"part": 9, "total": 10, "share": 0.9}],
        "refusals_answered": [{"part": 1, "total": 10, "share": 0.1}, {"part": 2, "total": 10, "share": 0.2}],
        "service_accuracy": [None, {"part": 0, "total": 0, "share": None}]}, "safety": {}, "dialogues": {}},
    "worse": [{"name": "messages/1", "text": "<i>is it safe", "want": "massage_safety", "was": "massage_safety", "now": "clarify"}],
    "better": [], "other": [], "missed": [], "chance": 1.0, "objections": ["below the floor: <b>caveat"],
}


def test_comparison_is_shown_with_figures_messages_and_objections(client_of, root) -> None:
    reader = client_of("reader")
    assert reader.get("/models/comparison").status_code == reader.get("/models/comparison.png").status_code == 404
    (root / RESULT).parent.mkdir()
    (root / RESULT).write_text(json.dumps(COMPARISON))
    (root / PICTURE).write_bytes(b"png")
    page = reader.get("/models/comparison")
    text = text_of(page)
    assert "in scope accuracy 0.800 0.900 +0.100 9 of 10 better" in text
    assert "refusals answered 0.100 0.200 +0.100 2 of 10 worse" in text
    assert "heat_therapy 1 2 2" in text and "source 3" not in text and "service" not in text
    assert "<i>" not in page.text and "<b>" not in page.text and "0 better, 1 worse" in text
    assert reader.get("/models/comparison.png").content == b"png" and '/models/comparison.png' in page.text


def test_comparison_with_nothing_served_and_a_broken_one_are_told(client_of, root) -> None:
    (root / RESULT).parent.mkdir()
    alone = {**COMPARISON, "first": None, "worse": [], "objections": [], "topics": {},
             "figures": {"messages": {"in_scope_accuracy": [None, {"part": 9, "total": 10, "share": 0.9}]}}}
    (root / RESULT).write_text(json.dumps(alone))
    page = text_of(client_of("reader").get("/models/comparison"))
    assert "Held against no other model" in page and "may be shipped" in page and "in scope accuracy – 0.900 9 of 10" in page
    for text in ("{", "[]", '{"figures": []}'):
        (root / RESULT).write_text(text)
        answer = client_of("reader").get("/models/comparison")
        assert answer.status_code == 503 and "compare again" in answer.text


def test_broken_book_is_told_on_the_page(client_of, settings) -> None:
    (settings.models / "served.json").write_text("{")
    answer = client_of("reader").get("/models")
    assert answer.status_code == 503 and "served.json cannot be read" in answer.text
