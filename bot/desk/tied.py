"""`python -m bot.desk.tied COMMAND …`: runs a command for as long as whoever started it lives.

Standard input is the tie. When its other end is closed, also because the starter was killed, the command and all that
it started are interrupted, then killed. The exit code is the command's.
"""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

# Python ends its work in good order on SIGINT; who does not listen within these seconds gets the next.
STEPS = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))


def main(command: Sequence[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_listen_to_interrupts)
    ending = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process, ending), daemon=True)
    watcher.start()
    code = process.wait()
    if ending.is_set():
        watcher.join()
    _signal(process, signal.SIGKILL)  # what it left behind
    return code if code >= 0 else 128 - code


def _listen_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell that starts in the background has it ignored, and that is inherited


def _watch(process: subprocess.Popen[bytes], ending: threading.Event) -> None:
    while os.read(0, 1):  # not by sys.stdin, whose lock would hold up the end of this process
        pass
    ending.set()
    for number, seconds in STEPS:
        _signal(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that is gone
        os.killpg(process.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
