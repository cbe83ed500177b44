"""A real Chromium on the demo page, over a fake engine in this process."""
from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest

from bot.clinics import load_clinics
from bot.content import load_content
from bot.conversations import ConversationStore
from bot.engine import Answer
from bot.errors import EngineError
from bot.red_flags import RedFlag
from bot.settings import read_settings
from bot.turn import House
from bot.web.app import create_app

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: drives a real Chromium (apt-get install chromium)")


def a_flag(tier, name, action, help_lines=("emergency",)):
    return RedFlag(id=tier, tier=tier, name=name, action=action, why="This can get worse within hours.",
                   safety="Stay with someone until help is there.", source="a health body", help_lines=help_lines)


FLAGS = {
    "chest": a_flag("emergency", "signs of a heart attack", "Call {emergency} now. Do not drive yourself."),
    "die": a_flag("crisis", "thoughts of suicide", "Please call or text {crisis} now.", ("crisis",)),
    "sore": a_flag("urgent", "an infected sore", "Please be seen by a doctor today.", ()),
}


class FakeRedFlags:
    def check(self, text):
        return [flag for word, flag in FLAGS.items() if word in text]


class FakeEngine:
    """Answers by words in the message; remembers what it was told."""

    model = "fake.tar.gz"

    def __init__(self, house):
        self.house, self.heard, self.forgotten, self.standing = house, [], [], {}

    async def answer(self, text, *, conversation, clinic):
        self.heard.append((text, conversation))
        speaker = self.house.speaker(clinic)
        if "broken" in text:
            raise EngineError("told to")
        flags = self.house.red_flags.check(text)
        if flags:
            self.standing[conversation] = flags[0].tier
        if "what about" in text:
            content = [speaker.clarify(["massage_benefit", "massage_safety"])]
        else:
            content = [speaker.answer("massage_safety" if "safe" in text else "neuropathy_definition")]
        replies = speaker.turn(flags, content, standing=None, standing_name="")
        return Answer(replies=tuple(replies), standing_tier=self.standing.get(conversation))

    async def forget(self, conversation):
        self.forgotten.append(conversation)


@pytest.fixture(scope="session")
def house():
    content = load_content()
    return House(content=content, clinics=load_clinics(content.help_lines), red_flags=FakeRedFlags(), keep_days=30)


@pytest.fixture(scope="session")
def engine(house):
    return FakeEngine(house)


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    store = ConversationStore(tmp_path_factory.mktemp("browser") / "conversations.sqlite3")
    yield store
    store.close()


@pytest.fixture(scope="session")
def address(house, engine, store, tmp_path_factory):
    """Where the application listens."""
    import uvicorn

    settings = read_settings({"FOOTNOTE_VAR": str(tmp_path_factory.mktemp("var")), "FOOTNOTE_RATE_LIMIT": "off"})
    app = create_app(replace(settings, answer_seconds=1.0), engine, store, house)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium():
    # Not for the whole session: while it is open, Playwright's event loop runs in this thread, and no other
    # test that has a loop of its own could follow.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, address):
    """Opens the demo page; keyword arguments go to the browser context. Complaints of the console fail the test."""
    contexts, complaints = [], []

    def open_(path="/", *, expect_failures=False, before=None, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text)
                if message.type in ("error", "warning")
                and not (expect_failures and "Failed to load resource" in message.text) else None)
        page.on("request", lambda request: complaints.append(f"leaves the site: {request.url}")
                if not request.url.startswith((address, "data:")) else None)
        if before:
            page.add_init_script(before)
        page.goto(address + path)
        if path == "/":
            page.get_by_label("Your question").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
