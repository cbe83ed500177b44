"""What goes wrong on purpose: one line that names the cure."""
from __future__ import annotations

from pathlib import Path


class BenchmarkError(Exception):
    """The run cannot go on; its text is printed as it is."""


def ending(code: int) -> str:
    """How a process ended, for an error message.

    >>> ending(-9)
    'was ended by signal 9'
    """
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


def last_words(log: Path) -> str:
    """The last line that a process wrote, for an error message."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "nothing"
