"""The desk over a small checkout, with a fake encoder and fake commands: no model, no training."""
from __future__ import annotations

import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.conversations import ConversationStore
from bot.desk.access.users import ROLES, User, UserFile, changing_users
from bot.desk.audit import Audit
from bot.desk.grouping import Vectors
from bot.desk.jobs import Jobs
from bot.desk.store import DeskStore
from bot.inbox.store import InboxStore
from bot.model_record import make_record, write_record
from bot.settings import read_settings
from bot.web.desk.app import Desk, create_desk

with warnings.catch_warnings():  # as in tests/web/conftest.py
    warnings.simplefilter("ignore", DeprecationWarning)
    from starlette.testclient import TestClient

PASSWORD = "correct horse battery"
NEW = "would kneading be risky"
PHRASES = """version: "3.1"
nlu:
- intent: {}
  examples: |
    - the first phrase of {}
"""


def by_first_letter(texts) -> np.ndarray:
    """Texts are alike when they begin alike."""
    vectors = np.zeros((len(texts), 26), dtype=np.float32)
    for n, text in enumerate(texts):
        vectors[n, (ord(text[0]) - 97) % 26] = 1.0
    return vectors


@pytest.fixture(scope="session")
def hashed() -> str:
    """The hash of PASSWORD, as quick as a hash can be."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with phrases of three intents."""
    root = tmp_path / "checkout"
    for name in ("data/nlu", "data/red_flags", "evaluation/messages", "evaluation/safety", "evaluation/dialogues"):
        (root / name).mkdir(parents=True)
    for intent in ("massage_safety", "heat_therapy", "not_covered"):
        (root / f"data/nlu/{intent}.yml").write_text(PHRASES.format(intent, intent))
    return root


class FakeCommands:
    """In place of the command line: says a line, and does what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict]] = []
        self.program = "print('done it')"

    def __call__(self, kind: str, **how) -> list[str]:
        self.asked.append((kind, how))
        return [sys.executable, "-c", self.program]


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture
def settings(tmp_path: Path):
    (tmp_path / "models").mkdir()
    return replace(read_settings({}), var=tmp_path / "var", models=tmp_path / "models", desk_users=tmp_path / "var" / "users.yml")


@pytest.fixture
def archive(settings):
    """Makes models/footnote-<name>.tar.gz with its record."""
    def make(name: str) -> Path:
        path = settings.models / f"footnote-{name}.tar.gz"
        path.write_bytes(f"model {name}".encode())
        write_record(make_record(path, model=path.name, fingerprint=name, program="p", intents=("massage_safety",)), settings.models)
        return path
    return make


@pytest.fixture
def desk(settings, root, hashed, commands):
    with changing_users(settings.desk_users) as known:
        for role in ROLES:
            known[role] = User(name=role, role=role, password=hashed)
    store, conversations = DeskStore(settings.desk_database), ConversationStore(settings.database)
    inbox, audit = InboxStore(conversations), Audit(store)
    desk = Desk(
        settings=settings, users=UserFile(settings.desk_users), store=store, inbox=inbox, vectors=Vectors(lambda: by_first_letter),
        jobs=Jobs(store, audit), audit=audit, root=root, commands=commands)
    yield desk
    desk.jobs.stop()
    for one in (store, inbox, conversations):
        one.close()


@pytest.fixture
def client_of(desk):
    """A browser at the desk: of a user by role, or of nobody."""
    clients = []

    def make(role: str | None = None, **headers: str) -> Browser:
        client = TestClient(create_desk(desk), base_url="http://localhost:8001", follow_redirects=False, headers=headers)
        client.__enter__()
        clients.append(client)
        browser = Browser(client)
        if role:
            browser.sign_in(role)
        return browser

    yield make
    for client in clients:
        client.__exit__(None, None, None)


class Browser:
    """A client that sends the form token along, as the pages' forms do."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.token = client, ""

    def sign_in(self, name: str, password: str = PASSWORD, **more):
        response = self.client.post("/sign-in", data={"name": name, "password": password, **more})
        if response.status_code == 303:
            self.token = re.search(r'name="token" value="(\w+)"', self.get("/audit").text)[1]
        return response

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, **fields: str):
        return self.client.post(path, data={"token": self.token, **fields})


@pytest.fixture
def keep(desk):
    """Puts a message into the inbox; returns its number."""
    def put(text: str, conversation: str = "a", clinic: str = "demo", why=("refused",), guesses=(("massage_safety", 0.41),)) -> int:
        desk.inbox.keep(conversation, text, why=why, guesses=guesses, clinic=clinic, days=30)
        return desk.inbox.messages()[-1].id
    return put


@pytest.fixture
def noted(desk):
    """What the audit log holds, the oldest first."""
    def read() -> list[tuple[str, str, str]]:
        return [(entry.who, entry.what, entry.detail) for entry in reversed(desk.audit.entries())]
    return read
