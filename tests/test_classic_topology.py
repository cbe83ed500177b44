"""Rasa's own command on this checkout: `rasa run` with `rasa run actions` says what the embedded engine says."""
from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.processes import free_port, running
from bot.engine import Engine
from bot.settings import ROOT
from bot.yaml_files import read_mapping

RASA = Path(sys.executable).with_name("rasa")
SECONDS = 150.0
CONVERSATIONS = (
    ("hello", "Does heat help neuropathy? And is massage safe?", "tell me more", "asdf qwer", "Can I talk to a person?"),
    ("I'm pregnant, is massage safe?", "does massage help?", "I misread, I'm not pregnant", "does massage help?"),
    ("I had chemo last week", "I have a fever"),  # an emergency only when read together
)
pytestmark = pytest.mark.model


@dataclass(frozen=True, kw_only=True)
class Command:
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


@dataclass(frozen=True, kw_only=True)
class Classic:
    validation: Command
    actions: Command
    server: Command
    actions_url: str
    server_url: str


@pytest.fixture(scope="module")
def classic(model_file: Path, tmp_path_factory) -> Iterator[Classic]:
    """All commands at once, not yet ready: each spends most of its time on importing Rasa."""
    folder, actions_port, server_port = tmp_path_factory.mktemp("classic"), free_port(), free_port()
    endpoints, port = (ROOT / "endpoints.yml").read_text(encoding="utf-8"), "localhost:5055"
    assert endpoints.count(port) == 1
    (folder / "endpoints.yml").write_text(endpoints.replace(port, f"localhost:{actions_port}"), encoding="utf-8")
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    with ExitStack() as stack:
        def start(name: str, *arguments: str) -> Command:
            log = folder / f"{name}.log"
            process = running([str(RASA), *arguments], folder=ROOT, environment=environment, log=log)
            return Command(process=stack.enter_context(process), log=log)

        started = Classic(
            server=start("server", "run", "--interface", "127.0.0.1", "--port", str(server_port),
                         "--model", str(model_file), "--endpoints", str(folder / "endpoints.yml")),
            actions=start("actions", "run", "actions", "--port", str(actions_port)),
            validation=start("validation", "data", "validate"),
            actions_url=f"http://127.0.0.1:{actions_port}", server_url=f"http://127.0.0.1:{server_port}",
        )
        yield started
        for command in (started.server, started.actions):  # both at once; the stack would wait for one, then the other
            command.process.terminate()


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60.0, trust_env=False) as client:  # no proxy of the environment's
        yield client


def wait_for(web: httpx.Client, url: str, command: Command) -> None:
    """Until the command answers there."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and command.process.poll() is None:
        try:
            if web.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer; its process said last:\n{command.said()}", pytrace=False)


def without_id(reply: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in reply.items() if key != "id"}


def test_action_server_offers_the_actions_of_the_domain(classic: Classic, web: httpx.Client) -> None:
    wait_for(web, f"{classic.actions_url}/health", classic.actions)
    offered = [action["name"] for action in web.get(f"{classic.actions_url}/actions").json()]
    assert offered == sorted(read_mapping(ROOT / "domain.yml")["actions"])


def test_two_processes_say_what_the_embedded_engine_says(classic: Classic, engine: Engine, web: httpx.Client) -> None:
    wait_for(web, f"{classic.actions_url}/health", classic.actions)
    wait_for(web, f"{classic.server_url}/webhooks/rest/", classic.server)
    for texts in CONVERSATIONS:
        conversation = uuid.uuid4().hex
        for text in texts:
            message = {"sender": conversation, "message": text}
            uttered = web.post(f"{classic.server_url}/webhooks/rest/webhook", json=message).json()
            replies = [part["custom"]["footnote"] for part in uttered if "custom" in part]
            expected = asyncio.run(engine.answer(text, conversation=conversation)).replies
            assert [without_id(reply) for reply in replies] == [without_id(reply.as_dict()) for reply in expected], text


def test_rasa_finds_no_error_in_the_project(classic: Classic) -> None:
    assert classic.validation.process.wait(SECONDS) == 0, classic.validation.said()
