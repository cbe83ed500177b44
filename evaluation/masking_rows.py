"""Messages with planted identifiers: reads evaluation/masking/*.jsonl and scores a masker on them."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataFileError
from bot.settings import ROOT
from evaluation.figures import Figure

FOLDER = ROOT / "evaluation" / "masking"
KINDS = ("name", "phone", "email", "address", "birth", "record", "card")
_MARKED = re.compile(r"\[\[(\w+)\|(.*?)\]\]")
_MASK = re.compile(r"\[[a-z]+\]")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A message as typed, and its identifiers as (kind, words) in order; none: it is harmless."""

    id: str
    text: str
    identifiers: tuple[tuple[str, str], ...]


def load_planted(path: Path) -> list[Planted]:
    """The rows of a file.

    Raises:
        DataFileError: a row is malformed.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            values = json.loads(line)
            marked, name = values["text"], values["id"]
        except (ValueError, KeyError, TypeError):
            raise DataFileError(path, 'must look like {"id": "p001", "text": "I am [[name|Ann]]"}', line=number) from None
        identifiers = tuple((match[1], match[2]) for match in _MARKED.finditer(marked))
        for kind, _ in identifiers:
            if kind not in KINDS:
                raise DataFileError(path, f"{kind!r} is none of: {', '.join(KINDS)}", line=number)
        rows.append(Planted(id=name, text=_MARKED.sub(lambda match: match[2], marked), identifiers=identifiers))
    return rows


def left_over(row: Planted, masked: str) -> list[tuple[str, str]]:
    """The identifiers of which a letter or digit is left, compared with what the message holds besides them."""
    rest = row.text
    for _, words in row.identifiers:
        rest = rest.replace(words, " ", 1)
    besides, left = _pieces(rest), []
    surplus = _pieces(_MASK.sub(" ", masked))
    for piece in besides:
        if piece in surplus:
            surplus.remove(piece)
    for kind, words in row.identifiers:
        if any(piece in surplus for piece in _pieces(words)):
            left.append((kind, words))
    return left


def _pieces(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def score(rows: Iterable[Planted], mask: Callable[[str], str]) -> tuple[dict[str, Figure], list[str]]:
    """(figures by id, a line for each error)."""
    counts = {name: [0, 0] for name in ("masked", *(f"masked_{kind}" for kind in KINDS), "altered")}
    errors = []
    for row in rows:
        masked = mask(row.text)
        if not row.identifiers:
            counts["altered"][0] += masked != row.text
            counts["altered"][1] += 1
            if masked != row.text:
                errors.append(f"{row.id} altered: {row.text} -> {masked}")
            continue
        left = left_over(row, masked)
        for kind, words in row.identifiers:
            for name in ("masked", f"masked_{kind}"):
                counts[name][0] += (kind, words) not in left
                counts[name][1] += 1
        errors += [f"{row.id} {kind} missed: {words} -> {masked}" for kind, words in left]
    return {name: Figure(part, total) for name, (part, total) in counts.items()}, errors
