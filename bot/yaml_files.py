"""Reading the YAML files that people edit: strict, with errors that name file, line, key and cure."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.errors import DataFileError


class YamlMapping(dict):
    """A mapping read from a file; remembers where, for errors.

    `trail` leads to it from the top of the file: keys, and places in lists (from 0).
    """

    def __init__(self, values: Mapping[str, Any], path: Path, prefix: str = "", trail: tuple[str | int, ...] = ()) -> None:
        super().__init__(values)
        self.path, self.prefix, self.trail = path, prefix, trail

    def line_of(self, key: str) -> int | None:
        """The line on which `key` of this mapping stands, 1-based; None where the file has changed meanwhile."""
        return line_at(self.path, (*self.trail, key))

    def fail(self, key: str, problem: str) -> DataFileError:
        return DataFileError(self.path, f"{self.prefix}{key}: {problem}", line=self.line_of(key))

    def expect(self, required: Iterable[str], optional: Iterable[str] = ()) -> YamlMapping:
        """Refuse keys that nobody reads and miss those that somebody needs."""
        for error in self.wrong_keys(required, optional):
            raise error
        return self

    def wrong_keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> list[DataFileError]:
        """Each key that nobody reads or that somebody misses; for who tells all of a file's errors at once."""
        required, optional = list(required), list(optional)
        legal = ", ".join(required + optional)
        unknown = [key for key in self if key not in required and key not in optional]
        missing = [key for key in required if key not in self]
        return [
            *(self.fail(str(key), f"unknown key; the keys here are: {legal}") for key in unknown),
            *(DataFileError(self.path, f"{self.prefix}{key} is missing; the keys here are: {legal}") for key in missing),
        ]

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
        return YamlMapping(value, self.path, f"{self.prefix}{key}.", (*self.trail, key))

    def mappings(self, key: str) -> tuple[YamlMapping, ...]:
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, "must be a list of mappings")
        return tuple(
            YamlMapping(item, self.path, f"{self.prefix}{key}[{n}].", (*self.trail, key, n - 1))
            for n, item in enumerate(value, 1)
        )

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
    except OSError as error:
        raise DataFileError(path, f"cannot be read ({error.strerror}); mend its rights") from None
    try:
        value = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        mark, problem = error.problem_mark or error.context_mark, str(error.problem or error.context)
        if "':'" in problem or "mapping values" in problem:
            problem += "; a text that holds a colon needs quotes"
        raise DataFileError(path, f"not valid YAML: {problem}", line=mark.line + 1 if mark else None) from None
    except (YAMLError, ValueError, RecursionError) as error:  # a date that does not exist; brackets without end
        raise DataFileError(path, f"not valid YAML: {error}") from None
    if not isinstance(value, dict):
        raise DataFileError(path, "must hold a mapping (key: value) at the top")
    return YamlMapping(value, path)


def line_at(path: Path, trail: tuple[str | int, ...]) -> int | None:
    """The line of the last key of `trail`, or of an item of a list, 1-based; None where there is none.

    The file is read anew: errors are rare, and plain values know no line.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    try:
        node = YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, YAMLError, RecursionError):
        return None
    line = None
    for step in trail:
        if isinstance(step, str) and isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == step]
            if not pairs:
                return None
            key, node = pairs[0]
            line = key.start_mark.line + 1
        elif isinstance(step, int) and isinstance(node, SequenceNode) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return None
    return line
