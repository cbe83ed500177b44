"""Starting and ending processes: each in a group of its own, and the group ended whatever happens."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 15.0  # seconds from the polite signal to the other one


@contextmanager
def running(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path,
) -> Iterator[subprocess.Popen[bytes]]:
    """The process while the block lasts; what it writes goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def run_to_end(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> tuple[int, float]:
    """Exit code and seconds."""
    began = time.perf_counter()
    with running(command, folder=folder, environment=environment, log=log) as process:
        code = process.wait()
        return code, time.perf_counter() - began


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
            return
