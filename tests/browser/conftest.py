"""A real Chromium on the widget, over a fake engine in this process, and on pages of other sites that embed it."""
from __future__ import annotations

import asyncio
import http.server
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

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

MESSAGES = "**/api/v1/messages"
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-extensions", "--in-process-gpu"]


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
        if "slowly" in text:
            await asyncio.sleep(0.7)
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
def house(host):
    content = load_content()
    clinics = {
        name: replace(clinic, allowed_origins=(host.address,))
        for name, clinic in load_clinics(content.help_lines).items()
    }
    return House(content=content, clinics=clinics, red_flags=FakeRedFlags(), keep_days=30)


@pytest.fixture(scope="session")
def engine(house):
    return FakeEngine(house)


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    store = ConversationStore(tmp_path_factory.mktemp("browser") / "conversations.sqlite3")
    yield store
    store.close()


CLINIC = {
    "id": "demo", "name": "Riverside Foot Clinic", "greeting": None, "locale": "en",
    "contact": {"phone": "(555) 010-0199", "phone_href": "tel:+15550100199", "email": None, "address": None},
    "hours": {"text": "Monday to Friday, 8 am to 5 pm", "open_now": True, "next": None},
    "booking": None, "logo": None, "consent": None, "keep_days": 30, "colours": {},
    "links": {"privacy": "https://riverside.example/privacy", "terms": None},
    "emergency": {
        "heading": "In an emergency, do not wait for a reply",
        "signs": ["Chest pain or trouble breathing", "A drooping face, a weak arm or slurred speech"],
        "links": [{"label": "Call 911", "href": "tel:911"}, {"label": "Text 988", "href": "sms:988"}],
    },
}


@pytest.fixture(scope="session")
def server(house, engine, store, host, tmp_path_factory):
    """The application, which can be stopped and started again on its port."""
    settings = read_settings({"FOOTNOTE_VAR": str(tmp_path_factory.mktemp("var")), "FOOTNOTE_RATE_LIMIT": "off"})
    app = create_app(replace(settings, answer_seconds=1.0), engine, store, house)
    server = Server(app)
    server.start()
    yield server
    server.stop()


class Server:
    def __init__(self, app):
        self.app, self.port = app, 0

    def start(self):
        import uvicorn

        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(
            self.app, log_level="critical", access_log=False, ws="none", timeout_graceful_shutdown=0))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self._server.started

    def stop(self):
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(10)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def address(server):
    return server.address


@pytest.fixture(scope="session")
def host():
    """Another site: pages that a test writes into `host.pages`, by path: (headers, HTML)."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            headers, text = host.pages[self.path.partition("?")[0]]
            self.send_response(200)
            for name, value in {"content-type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments):
            pass

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.daemon_threads = True
    host.pages, host.address = {}, f"http://127.0.0.1:{host.server_port}"
    threading.Thread(target=host.serve_forever, daemon=True).start()
    yield host
    host.shutdown()


@pytest.fixture(scope="module")
def chromium():
    # Not for the whole session: while it is open, Playwright's event loop runs in this thread, and no other
    # test that has a loop of its own could follow.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def open_page(chromium, address, host):
    """Opens a page; keyword arguments go to the browser context. Complaints of the console fail the test.

    `clinic` is what the server says of the clinic; None: it knows none.
    """
    contexts, complaints = [], []

    def open_(path="/", *, expect_failures=False, before=None, clinic=CLINIC, context=None, **options):
        if context is None:
            context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            contexts.append(context)
            context.set_default_timeout(5000)
            context.route("**/api/v1/clinics/*", lambda route: route.fulfill(
                json=clinic or {}, headers={"access-control-allow-origin": "*"}))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text)
                if message.type in ("error", "warning")
                and not (expect_failures and "Failed to load resource" in message.text) else None)
        page.on("request", lambda request: complaints.append(f"leaves the site: {request.url}")
                if not request.url.startswith((address, host.address, "data:", "about:")) else None)
        if before:
            page.add_init_script(before)
        page.goto(path if path.startswith("http") else address + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_chat(open_page):
    """Opens a page, and the chat on it."""
    def open_(*arguments, **options):
        page = open_page(*arguments, **options)
        page.get_by_role("button", name="Ask about your feet").click()
        page.locator(".panel:visible").wait_for()
        return page
    return open_


def ask(page, text):
    """Type and send a text, and wait for what comes of it."""
    page.get_by_label("Your question").fill(text)
    page.locator(".panel > form button").click()
    page.locator(".panel:not([data-busy])").wait_for()


# All of WCAG 2.2 AA, best practice, and of AAA the contrast of 7:1.
RUN_AXE = """async () => {
    const found = await axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        rules: {'color-contrast-enhanced': {enabled: true}}, resultTypes: ['violations'],
    });
    return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.flat(9).join(' ') + ' ' + n.failureSummary).join('; ')}`);
}"""


def axe(page):
    """What axe-core finds wrong with the page and the widget in it."""
    if not page.evaluate("typeof axe === 'object'"):
        import axe_playwright_python as package  # brings axe-core along
        page.evaluate(Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(RUN_AXE)
