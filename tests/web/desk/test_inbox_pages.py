"""The inbox as a page: what it shows, what filing shows before it writes, and two maintainers at once."""
from __future__ import annotations

import html
import re
import threading

import pytest

from bot.desk import inbox as desk_inbox
from bot.desk.files import only_one
from bot.desk.filing import file_phrase
from bot.desk.grouping import Vectors
from tests.web.desk.conftest import NEW, by_first_letter

FILE = "data/nlu/massage_safety.yml"


def text_of(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def test_groups_come_the_most_frequent_first_with_reasons_and_guesses(client_of, keep) -> None:
    keep("once only", "x"), keep("apple pie", "a", why=("clarified", "thumbs_down")), keep("apples", "b", clinic="harbour")
    page = text_of(client_of("editor").get("/inbox"))
    assert "3 messages in 2 groups" in page
    assert re.search(r"2 × (apple pie|apples).*asked back rated down.*1 × once only", page)
    assert re.search(r"1 [A-Z][^?]+\? 0\.41", page), "the guess by its title"


def test_inbox_is_filtered_by_clinic_and_time(client_of, keep) -> None:
    keep("of the demo"), keep("at the harbour", clinic="harbour")
    reader = client_of("reader")
    assert "of the demo" not in reader.get("/inbox?clinic=harbour").text
    assert "of the demo" in reader.get("/inbox?since=1d").text and "of the demo" not in reader.get("/inbox?since=2099-01-01").text
    odd = reader.get("/inbox?since=yesterday")
    assert "neither a date such as 2026-11-01" in text_of(odd) and "of the demo" in odd.text


def test_many_groups_are_parted_into_pages(client_of, keep) -> None:
    for n in range(26):
        keep(f"{chr(97 + n)} letter", f"{n}")
    reader = client_of("reader")
    first, second = reader.get("/inbox").text, reader.get("/inbox?page=2").text
    assert first.count("<article") == 25 and second.count("<article") == 1 and "page=2" in first and "page=1" in second
    assert reader.get("/inbox?page=999").text.count("<article") == 1 and reader.get("/inbox?page=-1").status_code == 200


def test_empty_inbox_says_how_to_open_it(client_of) -> None:
    assert "inbox: true" in client_of("reader").get("/inbox").text


def test_words_of_visitors_are_shown_as_words(client_of, keep) -> None:
    number = keep('<script>alert("x")</script> & so on')
    for path in ("/inbox", f"/inbox/{number}"):
        page = client_of("editor").get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    shown = client_of("editor").post(f"/inbox/{number}/file", do="guess:massage_safety")
    assert "<script>alert" not in shown.text


def test_change_is_shown_before_it_is_written(client_of, keep, root, desk, noted) -> None:
    number, before = keep(NEW), (root / FILE).read_text()
    editor = client_of("editor")
    shown = editor.post(f"/inbox/{number}/file", do="guess:massage_safety", intent="heat_therapy")
    assert shown.status_code == 200 and f"+ - {NEW}" in text_of(shown) and "a/data/nlu/massage_safety.yml" in shown.text
    assert (root / FILE).read_text() == before and len(desk.inbox.messages()) == 1
    fields = dict(re.findall(r'name="(do|intent|words|group)" value="([^"]*)"', shown.text))
    written = editor.post(f"/inbox/{number}/write", **fields)
    assert written.status_code == 303 and written.headers["location"] == "/inbox?said=train#first"
    assert (root / FILE).read_text() == f"{before}    - {NEW}\n" and desk.inbox.messages() == []
    assert noted()[-1] == ("editor", "filed", f"message {number} -> massage_safety")
    assert "train a model" in editor.get("/inbox?said=train").text


@pytest.mark.parametrize(("fields", "file", "line", "what"), [
    ({"do": "train", "intent": "heat_therapy"}, "data/nlu/heat_therapy.yml", f"    - {NEW}\n", "filed"),
    ({"do": "train", "intent": "heat_therapy", "words": " is kneading  dangerous "}, "data/nlu/heat_therapy.yml",
     "    - is kneading dangerous\n", "filed"),
    ({"do": "not_covered", "intent": "heat_therapy"}, "data/nlu/not_covered.yml", f"    - {NEW}\n", "filed"),
    ({"do": "evaluation", "intent": "smalltalk_thanks"}, "evaluation/messages/inbox.jsonl",
     f'{{"id": "inbox-1", "text": "{NEW}", "topic": "smalltalk.thanks", "also": []}}\n', "filed for evaluation"),
])
def test_every_way_of_filing_writes_its_line(client_of, keep, root, noted, fields, file: str, line: str, what: str) -> None:
    number = keep(NEW)
    editor = client_of("editor")
    shown = editor.post(f"/inbox/{number}/file", **fields)
    again = dict(re.findall(r'name="(do|intent|words|group)" value="([^"]*)"', shown.text))
    assert editor.post(f"/inbox/{number}/write", **again).status_code == 303
    assert (root / file).read_text().endswith(line) and noted()[-1][1] == what
    assert "kneading" not in str(noted())


def test_dropping_takes_the_message_and_its_like_or_the_whole_group(client_of, keep, root, desk, noted) -> None:
    numbers = [keep("a one"), keep("A ONE!", "b"), keep("a two", "c"), keep("b other", "d")]
    editor, group = client_of("editor"), ",".join(map(str, numbers[:3]))
    shown = editor.post(f"/inbox/{numbers[0]}/file", do="drop", group=group)
    assert "Drop all 3 of the group" in shown.text and len(desk.inbox.messages()) == 4
    editor.post(f"/inbox/{numbers[0]}/write", do="drop", group=group)
    assert [m.text for m in desk.inbox.messages()] == ["a two", "b other"]
    keep("a three", "e")
    editor.post(f"/inbox/{numbers[2]}/write", do="drop", group=f"{numbers[2]},{desk.inbox.messages()[-1].id},77,x,-1", all="yes")
    assert [m.text for m in desk.inbox.messages()] == ["b other"]
    assert noted()[-1] == ("editor", "dropped", f"message {numbers[2]} and 1 more")


@pytest.mark.parametrize(("text", "fields", "said"), [
    ("I'm [name], is it risky", {"do": "guess:massage_safety"}, "what was masked cannot be learned"),
    ("the first phrase of massage_safety", {"do": "guess:massage_safety"}, "it stands in data/nlu/massage_safety.yml:5 already"),
    (NEW, {"do": "evaluation", "intent": "nope"}, "is no label of the evaluation"),
    (NEW, {"do": "guess:massage_safety", "words": "/restart"}, "Rasa would read signs"),
    (NEW, {"do": "guess:nope"}, "Choose a topic"), (NEW, {"do": "train"}, "Choose a topic"), (NEW, {}, "Choose a topic"),
])
def test_what_cannot_be_filed_is_told_and_can_be_mended_there(client_of, keep, root, desk, text: str, fields, said: str) -> None:
    number, editor, before = keep(text), client_of("editor"), (root / FILE).read_text()
    for step in ("file", "write"):
        response = editor.post(f"/inbox/{number}/{step}", **fields)
        assert response.status_code in (409, 422) and said in html.unescape(response.text)
    assert (root / FILE).read_text() == before and len(desk.inbox.messages()) == 1
    if "words" in fields:
        assert 'value="/restart"' in response.text, "what was typed is not lost"


# Two at once

def test_second_of_two_maintainers_is_told(client_of, keep, root, noted) -> None:
    number = keep(NEW)
    ann, bob = client_of("editor"), client_of("shipper")
    for one in (ann, bob):
        assert one.post(f"/inbox/{number}/file", do="guess:massage_safety").status_code == 200
    assert ann.post(f"/inbox/{number}/write", do="guess:massage_safety").status_code == 303
    for do in ("guess:massage_safety", "guess:heat_therapy", "evaluation", "drop"):
        answer = bob.post(f"/inbox/{number}/write", do=do, intent="heat_therapy")
        assert answer.status_code == 409 and f"there is no message {number} in the inbox" in answer.text
    assert (root / FILE).read_text().count(NEW) == 1 and NEW not in (root / "data/nlu/heat_therapy.yml").read_text()
    assert [what for _, what, _ in noted()].count("filed") == 1


def test_change_is_planned_anew_over_what_others_wrote_meanwhile(client_of, keep, root) -> None:
    number, editor = keep(NEW), client_of("editor")
    editor.post(f"/inbox/{number}/file", do="guess:massage_safety")
    with only_one(root):
        file_phrase("what somebody filed on the command line", "massage_safety", root).write()
    assert editor.post(f"/inbox/{number}/write", do="guess:massage_safety").status_code == 303
    assert (root / FILE).read_text().endswith(f"    - what somebody filed on the command line\n    - {NEW}\n")


def test_same_words_filed_meanwhile_under_another_number_are_not_filed_twice(client_of, keep, root) -> None:
    number, editor = keep(NEW), client_of("editor")
    with only_one(root):
        file_phrase(NEW.upper(), "heat_therapy", root).write()
    answer = editor.post(f"/inbox/{number}/write", do="guess:massage_safety")
    assert answer.status_code == 409 and "it stands in data/nlu/heat_therapy.yml:6 already" in answer.text


def test_many_at_once_lose_nothing(client_of, keep, root) -> None:
    numbers = [keep(f"{chr(97 + n)} question number {n}", f"{n}") for n in range(12)]
    browsers = [client_of(role) for role in ("editor", "shipper", "editor")]
    codes = []

    def work(browser, mine) -> None:
        for number in mine:
            codes.append(browser.post(f"/inbox/{number}/write", do="guess:massage_safety").status_code)

    threads = [threading.Thread(target=work, args=(browser, numbers[n::3])) for n, browser in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 12
    assert sum("question number" in line for line in (root / FILE).read_text().splitlines()) == 12


def test_of_two_who_file_one_message_at_the_same_moment_one_wins(desk, keep, root, monkeypatch) -> None:
    message, together, told = desk.inbox.message(keep(NEW)), threading.Barrier(2), []

    def work(label: str) -> None:
        together.wait()
        try:
            filing = desk_inbox.Filing(kind="train", label=label)
            desk_inbox.carry_out(desk.inbox, message, filing, audit=desk.audit, by="x", root=root)
        except desk_inbox.FilingRefused:
            told.append(label)

    threads = [threading.Thread(target=work, args=(label,)) for label in ("massage_safety", "heat_therapy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert sum(NEW in (root / f"data/nlu/{name}.yml").read_text() for name in ("massage_safety", "heat_therapy")) == 1


@pytest.mark.parametrize("filing", [
    desk_inbox.Filing(kind="drop"), desk_inbox.Filing(kind="train", label="heat_therapy", words="in other words"),
])
def test_message_that_is_gone_by_now_is_not_filed(desk, keep, root, noted, filing) -> None:
    message = desk.inbox.message(keep(NEW))
    desk.inbox.remove([message.id])  # by somebody else, or with its conversation
    with pytest.raises(desk_inbox.FilingRefused, match="there is no message"):
        desk_inbox.carry_out(desk.inbox, message, filing, audit=desk.audit, by="x", root=root)
    assert "other words" not in (root / "data/nlu/heat_therapy.yml").read_text() and noted() == []


def test_full_disk_changes_nothing_and_is_told(client_of, keep, root, desk, monkeypatch) -> None:
    number, before, editor = keep(NEW), (root / FILE).read_text(), client_of("editor")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = editor.post(f"/inbox/{number}/write", do="guess:massage_safety")
    assert answer.status_code == 503 and "No space left on device" in answer.text
    assert (root / FILE).read_text() == before and len(desk.inbox.messages()) == 1


# The vectors

def test_vectors_are_made_once_and_forgotten_with_their_texts() -> None:
    made = []

    def encode(texts):
        made.extend(texts)
        return by_first_letter(texts)

    vectors = Vectors(lambda: encode)
    assert vectors(["a", "b", "a"]).shape == (3, 26) and made == ["a", "b"]
    vectors(["b", "c"])
    assert made == ["a", "b", "c"]
    vectors(["a"])
    assert made == ["a", "b", "c", "a"], "what is no longer asked for is forgotten"
    vectors.forget()
    vectors(["a"])
    assert made[-2:] == ["a", "a"]
