"""Changes to the files that people edit: shown as a diff first, written whole, and never over somebody else's."""
from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataFileError
from bot.settings import ROOT


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a file holds and what it shall hold; `before` None: it is new."""

    path: Path
    before: str | None
    after: str

    def diff(self, root: Path = ROOT) -> str:
        name = self.path.relative_to(root).as_posix()
        return "".join(difflib.unified_diff(
            (self.before or "").splitlines(keepends=True), self.after.splitlines(keepends=True),
            "/dev/null" if self.before is None else f"a/{name}", f"b/{name}",
        ))

    def write(self) -> None:
        """Put the file in place at once: whoever reads it meanwhile sees it as it was, or as it is now.

        Raises:
            DataFileError: it cannot be written; it stands as before.
        """
        part = None
        try:
            handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.path.parent)
            part = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(self.after)
                stream.flush()
                os.fsync(stream.fileno())
            part.chmod(self.path.stat().st_mode & 0o777 if self.path.exists() else 0o644)
            part.replace(self.path)
        except OSError as error:
            raise DataFileError(self.path, f"cannot be written ({error.strerror}); it stands as before") from None
        finally:
            if part is not None:
                part.unlink(missing_ok=True)


def read_or_none(path: Path) -> str | None:
    """A file's text with its own line ends; None where there is none."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise DataFileError(path, f"not UTF-8 at byte {error.start}; save it as UTF-8") from None


@contextlib.contextmanager
def only_one(root: Path = ROOT) -> Iterator[None]:
    """Nobody else changes the checkout's files meanwhile; waits for who does. Editors know nothing of it."""
    import fcntl

    folder = os.open(root / "data", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
