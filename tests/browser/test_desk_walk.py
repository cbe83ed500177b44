"""From a question that nobody understood to its answer, on a copy of the project: a visitor asks in the widget, a
maintainer files it at the desk's page, trains, compares and ships there, and the visitor asks again in the widget that was
open all the time. Meanwhile another client sends five messages a second.

Everything is real but the size: twenty phrases an intent and a handful of messages to measure with, so that a training
takes seconds. So small a model reaches no floor of the evaluation; the copy has floors of its own.
"""
from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT, read_settings
from tests.browser.conftest import ask
from tests.test_swap import EVERY, LONGEST, Client

pytestmark = [pytest.mark.model, pytest.mark.browser]
PHRASES, RED_FLAG_MESSAGES, ROWS = 20, 8, 5  # of each file
QUESTION = "Do copper insoles quiet tingling soles?"
SIGNED = f"I am Anna Miller. {QUESTION}"
TOPIC = "home_remedies"
PASSWORD = "correct horse battery"
MOST_SECONDS = 180  # of processor time
FLOORS = "floors:\n- figure: caveat\n  at_least: 1.0\n"
FLOORS_SAFETY = "floors:\n- figure: under_triage_emergency\n  at_most: 1.0\n"


def first_lines(folder: Path, pattern: str, most: int) -> None:
    for path in folder.rglob(pattern):
        path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:most]), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The project in small, with nothing trained."""
    root = tmp_path_factory.mktemp("walk") / "project"
    for name in ("bot", "actions", "clinics", "content", "data", "evaluation"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.yml", "domain.yml", "credentials.yml", "endpoints.yml"):
        shutil.copy(ROOT / name, root / name)
    for path in (root / "data" / "nlu").iterdir():
        head, mark, rest = path.read_text(encoding="utf-8").partition("examples: |\n")
        path.write_text(head + mark + "".join(rest.splitlines(keepends=True)[:PHRASES]), encoding="utf-8")
    first_lines(root / "data" / "red_flags", "*.txt", RED_FLAG_MESSAGES)
    first_lines(root / "evaluation", "*.jsonl", ROWS)
    (root / "evaluation" / "floors.yml").write_text(FLOORS)
    (root / "evaluation" / "floors_safety.yml").write_text(FLOORS_SAFETY)
    with open(root / "clinics" / "demo.yml", "a", encoding="utf-8") as file:
        file.write("inbox: true\n")
    quiet = root / "clinics" / "harbour.yml"  # the other client's: its messages are none for the inbox
    quiet.write_text(re.sub(r"(?m)^(inbox:|allowed_origins:|  - https).*\n", "", quiet.read_text(encoding="utf-8")), encoding="utf-8")
    var = root / "var"
    var.mkdir()
    (var / "encoder").symlink_to(read_settings().encoder_folder)
    for path in read_settings().var.glob("red-flags-*.json"):
        shutil.copy(path, var)
    return root


class Project:
    """Runs `python -m bot …` in the copy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOOTNOTE_", "PYTHONPATH"))}
        self._environment = {**kept, "FOOTNOTE_RATE_LIMIT": "off", "FOOTNOTE_DESK_USERS": "var/users.yml"}

    def run(self, *arguments: str, said: str = "") -> str:
        done = subprocess.run([sys.executable, "-m", "bot", *arguments], cwd=self.root, env=self._environment, input=said,
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def serving(self, name: str, *arguments: str) -> Iterator[str]:
        """The address of a server, as a process of its own, once it says that it serves."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = self.root / f"{name}.log"
        with open(log, "w", encoding="utf-8") as stream:
            process = subprocess.Popen([sys.executable, "-m", "bot", *arguments, "--port", str(port)], cwd=self.root,
                                       env=self._environment, stdout=stream, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 60
            while address not in log.read_text(encoding="utf-8"):
                assert process.poll() is None and time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.05)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def other_client(address: str) -> Iterator[Client]:
    """A visitor of another clinic who writes over HTTP all the time; whatever is no answer in time counts as lost."""
    token = None

    def say(text: str):
        nonlocal token
        more = {"conversation": token} if token else {}
        response = http.post("/api/v1/messages", json={"text": text, "clinic": "harbour", **more})
        response.raise_for_status()
        token = response.json()["conversation"]
        return response.json()["replies"][0]["kind"], response.json()["standing_tier"]

    with httpx.Client(base_url=address, timeout=10.0) as http, Client(say).writing() as client:
        yield client


def asked(page, text: str) -> dict:
    """The first reply that the widget gets to a question."""
    with page.expect_response("**/api/v1/messages") as waiting:
        ask(page, text)
    return waiting.value.json()["replies"][0]


def job_done(page, button: str) -> str:
    """Press a button of the models' page, watch its job to the end; what it said."""
    page.get_by_role("button", name=button).first.click()
    page.wait_for_url("**/jobs/*")
    page.locator("#job:not([data-state=running])").wait_for(timeout=120_000)
    said = page.locator(".lines").inner_text()
    assert page.get_by_role("status").inner_text() == "Done.", said
    return said


def test_what_was_not_understood_is_learned_and_answered_in_the_open_widget(project: Path, chromium, capsys) -> None:
    bot, began = Project(project), (time.monotonic(), processor_seconds())
    bot.run("train")
    bot.run("desk", "user", "add", "mia", "--role", "shipper", said=PASSWORD)
    with bot.serving("visitors", "serve") as visitors, bot.serving("desk", "desk", "serve") as desk, \
            other_client(visitors) as client:
        widget = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
        widget.goto(visitors)
        widget.get_by_role("button", name="Ask about your feet").click()
        widget.locator(".panel:visible").wait_for()
        for text in (QUESTION, SIGNED):
            assert asked(widget, text)["kind"] in ("clarify", "not_covered", "out_of_scope")

        page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
        sign_in(page, desk)
        learn(page, desk)
        job_done(page, "Train what stands in the checkout")
        page.get_by_role("link", name="Models", exact=True).first.click()
        assert "no objection" in job_done(page, "Compare")
        page.get_by_role("link", name="What the comparison found").click()
        page.get_by_text("it may be shipped").wait_for()
        assert page.get_by_role("heading", name="Picture").is_visible()
        page.get_by_role("link", name="Models", exact=True).first.click()
        assert asked(widget, QUESTION)["kind"] != "answer", "not before it is shipped"
        said = job_done(page, "Ship")
        assert re.search(r"serves footnote-\w+\.tar\.gz, \d", said), said

        reply = asked(widget, QUESTION)
        assert (reply["kind"], reply["topic"]) == ("answer", TOPIC)
        time.sleep(3 * EVERY)
        audit(page, desk)
    client.check()
    report(client, began, capsys)
    assert [entry["by"] for entry in json.loads((project / "models" / "served.json").read_text())["entries"]] == ["mia", "mia"]
    for log in ("visitors.log", "desk.log"):
        assert "copper" not in (project / log).read_text() and "Error" not in (project / log).read_text()


def sign_in(page, desk: str) -> None:
    page.goto(desk)
    page.get_by_label("Name").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What waits").wait_for()


def learn(page, desk: str) -> None:
    """Files the signed message in other words, for its name is masked; drops the unsigned one."""
    page.goto(f"{desk}/inbox")
    shown = page.locator("#groups").inner_text()
    assert "I am [name]. Do copper insoles quiet tingling soles?" in shown and "Anna" not in page.content()
    masked = page.locator("#groups").get_by_text("[name]", exact=False).first
    masked.locator("xpath=following-sibling::span//a").click()
    page.get_by_label("Topic").select_option(TOPIC)
    page.get_by_label("Other words, in its place").fill(QUESTION.lower().rstrip("?"))
    page.get_by_role("button", name="File under the topic").click()
    assert "+    - do copper insoles quiet tingling soles" in page.locator(".diff").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?said=train#first")
    page.keyboard.press("d")
    page.get_by_role("heading", name="Drop this message?").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("The inbox is empty").wait_for()
    page.get_by_role("link", name="Models").click()


def audit(page, desk: str) -> None:
    """What was done stands in the log, the newest first; nobody's words do."""
    page.goto(f"{desk}/audit")
    done = page.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert done == ["shipped", "compared", "trained", "dropped", "filed", "signed in", "user added"]
    assert "copper" not in page.content()


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(client: Client, began: tuple[float, float], capsys) -> None:
    seconds = processor_seconds() - began[1]
    with capsys.disabled():
        print(f"\nwalk: {time.monotonic() - began[0]:.0f} s, {seconds:.0f} s of processor time; {len(client.heard)} messages "
              f"meanwhile, none lost, the slowest {client.slowest * 1000:.0f} ms (a visitor waits {LONGEST:g} s)")
    assert seconds < MOST_SECONDS
