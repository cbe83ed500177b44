"""Reading the YAML files that people edit: strict, with errors that name file, line, key and cure."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.errors import DataFileError


class YamlMapping(dict):
    """A mapping read from a file; remembers where, for errors."""

    def __init__(self, values: Mapping[str, Any], path: Path, prefix: str = "") -> None:
        super().__init__(values)
        self.path, self.prefix = path, prefix

    def line_of(self, key: str) -> int | None:
        """The first line on which `key` stands as a key, 1-based."""
        if not self.path.is_file():
            return None
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip().lstrip("- ").startswith((f"{key}:", f'"{key}":', f"'{key}':")):
                return number
        return None

    def fail(self, key: str, problem: str) -> DataFileError:
        return DataFileError(self.path, f"{self.prefix}{key}: {problem}", line=self.line_of(key))

    def expect(self, required: Iterable[str], optional: Iterable[str] = ()) -> YamlMapping:
        """Refuse keys that nobody reads and miss those that somebody needs."""
        required, optional = list(required), list(optional)
        legal = ", ".join(required + optional)
        for key in self:
            if key not in required and key not in optional:
                raise self.fail(str(key), f"unknown key; the keys here are: {legal}")
        for key in required:
            if key not in self:
                raise DataFileError(self.path, f"{self.prefix}{key} is missing; the keys here are: {legal}")
        return self

    def text(self, key: str) -> str:
        value = self.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "must be a text that is not empty (quote it if it looks like a number or yes/no)")
        return value.strip()

    def text_or_none(self, key: str) -> str | None:
        return None if self.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fail(key, "must be a list of texts; quote an item that YAML reads otherwise")
        return tuple(item.strip() for item in value)

    def mapping(self, key: str) -> YamlMapping:
        value = self.get(key)
        if not isinstance(value, dict):
            raise self.fail(key, "must be a mapping (key: value)")
        return YamlMapping(value, self.path, f"{self.prefix}{key}.")

    def mappings(self, key: str) -> tuple[YamlMapping, ...]:
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, "must be a list of mappings")
        return tuple(YamlMapping(item, self.path, f"{self.prefix}{key}[{n}].") for n, item in enumerate(value, 1))

    def one_of(self, key: str, legal: Iterable[str]) -> str:
        legal = list(legal)
        value = self.text(key)
        if value not in legal:
            raise self.fail(key, f"{value!r} is none of: {', '.join(legal)}")
        return value


def read_mapping(path: Path) -> YamlMapping:
    """The mapping that a YAML file holds.

    Raises:
        DataFileError: no such file, not UTF-8, not YAML, a key twice, or no mapping at the top.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataFileError(path, "no such file; restore it from git") from None
    except UnicodeDecodeError as error:
        raise DataFileError(path, f"not UTF-8 at byte {error.start}; save it as UTF-8") from None
    try:
        value = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise DataFileError(
            path, f"not valid YAML: {error.problem or error.context}", line=mark.line + 1 if mark else None
        ) from None
    except YAMLError as error:
        raise DataFileError(path, f"not valid YAML: {error}") from None
    if not isinstance(value, dict):
        raise DataFileError(path, "must hold a mapping (key: value) at the top")
    return YamlMapping(value, path)
