"""Every exception that Footnote raises on purpose.

    FootnoteError
    ├── DataFileError       a file that people edit is missing, unreadable or says what it may not
    ├── SetupError          the machine or the checkout lacks something that a command can mend
    └── EngineError
        ├── EngineNotReady  the model is still loading, or could not be loaded
        └── EngineTimeout   no answer within the time that a visitor waits
"""
from __future__ import annotations

from pathlib import Path


class FootnoteError(Exception):
    """Root of the tree; its text is one line that names the cure."""


class DataFileError(FootnoteError):
    """A problem in a data file: says file, line where known, and what to change."""

    def __init__(self, path: Path | str, problem: str, *, line: int | None = None) -> None:
        self.path, self.problem, self.line = Path(path), problem, line
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {problem}")


class SetupError(FootnoteError):
    """Something to install, free or set before Footnote can run."""


class ModelRefused(FootnoteError):
    """A model may not be served; what is served stays."""


class EngineError(FootnoteError):
    """The dialogue engine gave no answer."""


class EngineNotReady(EngineError):
    """The model is not loaded (yet)."""


class EngineTimeout(EngineError):
    """The engine took longer than a visitor should wait."""
