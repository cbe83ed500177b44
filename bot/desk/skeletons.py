"""What new topics and red flags have in common: a name that fits, and files that are written all together."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.errors import SetupError

_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
LONGEST_ID = 40


def refuse_name(name: str, taken: Iterable[str], reserved: Iterable[str]) -> None:
    """Raises:
        SetupError: the name is malformed, begins with a reserved word, or is taken.
    """
    if not _ID.fullmatch(name) or len(name) > LONGEST_ID:
        raise SetupError(f"{name!r} is no id; use up to {LONGEST_ID} small letters, digits and single _, a letter first")
    if name in taken:
        raise SetupError(f"{name} is there already; edit its files, or choose another id")
    for prefix in reserved:
        if name.startswith(prefix):
            raise SetupError(f"{name}: what begins with {prefix} has a meaning of its own; choose another id")


def write_files(new: Mapping[Path, str], changed: Mapping[Path, str]) -> None:
    """Write the new files and the changed ones, or none of them.

    Raises:
        SetupError: one of the new files is there already, or a file cannot be written; nothing is changed then.
    """
    for path in new:
        if path.exists():
            raise SetupError(f"{path} is there already; take it away, or choose another id")
    before = {path: path.read_text(encoding="utf-8") for path in changed}
    try:
        for path, text in {**new, **changed}.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in new:
            path.unlink(missing_ok=True)
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")
        raise SetupError(f"{error.filename}: {error.strerror}; nothing was written. Free some space or mend the rights") from None
