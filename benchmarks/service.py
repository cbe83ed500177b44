"""A bot as it is served: its processes, up from the first answer to the end of the block."""
from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Client
from benchmarks.dialects import Dialect
from benchmarks.errors import BenchmarkError, ending, last_words
from benchmarks.processes import free_port, running

START_SECONDS = 900.0
PROBE_SECONDS = 60.0
POLL_SECONDS = 0.1
FIRST_MESSAGE = "what is neuropathy?"
PROBE = Path(__file__).with_name("probe.py")


@dataclass(frozen=True, kw_only=True)
class Command:
    """`python -m module arguments...` in a folder."""

    module: str
    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Service:
    """How to start a bot and talk to it.

    Args:
        commands: the processes of the service that listens on a port.
        model_files: what it loads besides installed packages.
        data_distributions: installed packages that it reads without importing them.
    """

    name: str
    dialect: Dialect
    commands: Callable[[int], list[Command]]
    model_files: tuple[Path, ...]
    data_distributions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Up:
    """A service that answers.

    Args:
        seconds: from the start of its processes to the first answer.
    """

    service: Service
    port: int
    seconds: float
    pids: tuple[int, ...]
    logs: tuple[Path, ...]
    reports: tuple[Path, ...]

    def module_files(self) -> set[str]:
        """The files of the modules that its processes have loaded; only if started with `probed`.

        Raises:
            BenchmarkError: a process did not tell.
        """
        for report in self.reports:
            report.with_name(report.name + ".ask").touch()
        deadline = time.monotonic() + PROBE_SECONDS
        while not all(report.is_file() for report in self.reports):
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.service.name} did not tell what it loaded within {PROBE_SECONDS:g} s")
            time.sleep(POLL_SECONDS)
        return {file for report in self.reports for file in json.loads(report.read_text(encoding="utf-8"))}

    def last_words(self) -> str:
        return "; ".join(last_words(log) for log in self.logs)


@contextmanager
def up(service: Service, folder: Path, *, probed: bool = False) -> Iterator[Up]:
    """The service, answering, while the block lasts.

    Args:
        folder: for logs and reports.
        probed: lets it tell afterwards what it loaded; costs a little time.

    Raises:
        BenchmarkError: a process ended, or nothing was answered in time.
    """
    port = free_port()
    logs, reports, processes = [], [], []
    with ExitStack() as stack:
        commands = service.commands(port)
        began = time.perf_counter()
        for number, command in enumerate(commands):
            logs.append(folder / f"{service.name}-{port}-{number}.log")
            reports.append(folder / f"{service.name}-{port}-{number}.json")
            start = [str(PROBE), str(reports[-1]), command.module] if probed else ["-m", command.module]
            processes.append(stack.enter_context(running(
                [sys.executable, *start, *command.arguments],
                folder=command.folder, environment=command.environment, log=logs[-1],
            )))
        _wait_for_answer(service, port, processes, logs)
        seconds = time.perf_counter() - began
        yield Up(
            service=service, port=port, seconds=seconds, pids=tuple(process.pid for process in processes),
            logs=tuple(logs), reports=tuple(reports) if probed else (),
        )


def _wait_for_answer(
    service: Service, port: int, processes: list[subprocess.Popen[bytes]], logs: list[Path],
) -> None:
    client = Client(port, service.dialect)
    deadline = time.monotonic() + START_SECONDS
    try:
        while not client.is_ready() or not _answers(client):
            for process, log in zip(processes, logs, strict=True):
                code = process.poll()
                if code is not None:
                    raise BenchmarkError(f"{service.name} {ending(code)} at its start; it said last: {last_words(log)}")
            if time.monotonic() > deadline:
                raise BenchmarkError(
                    f"{service.name} answered nothing within {START_SECONDS:g} s; it said last: {last_words(logs[0])}"
                )
            time.sleep(POLL_SECONDS)
    finally:
        client.close()


def _answers(client: Client) -> bool:
    before = client.unanswered
    client.start_over()
    client.say(FIRST_MESSAGE)
    return client.unanswered == before
