"""What a check finds: one line with file, line, what is wrong and the cure."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataFileError


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error stops `make validate`; a warning is for a human look. `line` from 1, None: the file as a whole."""

    path: Path
    line: int | None = None
    text: str
    is_warning: bool = False

    def shown(self, root: Path) -> str:
        """One line, with the file as seen from `root`; editors and terminals jump to `file:line`."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        where = f"{path}:{self.line}" if self.line else f"{path}"
        return f"{where}: {'warning: ' if self.is_warning else ''}{self.text}"


def of_error(error: DataFileError) -> Problem:
    return Problem(path=error.path, line=error.line, text=error.problem)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file and line, each once: two checks may stumble over the same thing."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.is_warning, str(p.path), p.line or 0, p.text))
