"""Changes YAML files that people edit and leaves their comments, order and layout as they are."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

WIDEST = 10_000  # columns; long lines stay as somebody broke them


def load_for_edit(path: Path) -> Any:
    """The file's value with its comments and quotes, to be changed in place and given to `text_of`."""
    return _yaml().load(path.read_text(encoding="utf-8"))


def text_of(value: Any) -> str:
    """The file's new text."""
    stream = io.StringIO()
    _yaml().dump(value, stream)
    return stream.getvalue()


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDEST
    return yaml
