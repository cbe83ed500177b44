"""What is noted of a model when it is trained, and whether an archive still is that model.

Beside models/<name>.tar.gz lies models/<name>.record.json. Its checksum finds an archive that was cut short,
damaged or changed; whoever may write the one may write the other, so it is no seal against an intruder.
"""
from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bot.errors import ModelRefused

SUFFIX = ".tar.gz"


@dataclass(frozen=True, kw_only=True)
class Record:
    """`fingerprint` is that of everything that the model was made from, `program` that of the code and the libraries
    alone; `size` is in bytes, `trained` an ISO time in UTC."""

    model: str
    fingerprint: str
    program: str
    intents: tuple[str, ...]
    sha256: str
    size: int
    trained: str


def beside(archive: Path, what: str) -> Path:
    """The JSON file of an archive: `record` or `figures`."""
    return archive.with_name(f"{archive.name.removesuffix(SUFFIX)}.{what}.json")


def make_record(archive: Path, *, model: str, fingerprint: str, program: str, intents: Iterable[str]) -> Record:
    return Record(
        model=model, fingerprint=fingerprint, program=program, intents=tuple(intents), sha256=checksum(archive),
        size=archive.stat().st_size, trained=utc_now(),
    )


def write_record(record: Record, folder: Path) -> None:
    write_json(beside(folder / record.model, "record"), asdict(record))


def read_record(archive: Path) -> Record:
    """What was noted when the archive was trained.

    Raises:
        ModelRefused: nothing was, or it cannot be read.
    """
    path = beside(archive, "record")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        record = Record(**{field.name: values[field.name] for field in fields(Record)})
    except FileNotFoundError:
        raise ModelRefused(
            f"{archive.name} has no {path.name} beside it: it was not trained here; run: make train"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(f"{path.name} cannot be read ({type(error).__name__}); train the model anew") from None
    if record.model != archive.name:
        raise ModelRefused(f"{path.name} is the record of {record.model}; train the model anew")
    return record


def check_bytes(archive: Path, sha256: str, size: int) -> None:
    """Whether the archive is what was trained.

    Raises:
        ModelRefused: it is gone, cut short, or has other bytes.
    """
    try:
        now = archive.stat().st_size
        if now != size:
            raise ModelRefused(f"{archive.name} has {now} bytes instead of {size}: cut short or replaced; train it anew")
        if checksum(archive) != sha256:
            raise ModelRefused(f"{archive.name} has other bytes than when it was trained (SHA-256); train it anew")
    except FileNotFoundError:
        raise ModelRefused(f"{archive.name} is not in {archive.parent.name}/; run: make train") from None
    except OSError as error:
        raise ModelRefused(f"{archive.name} cannot be read: {error.strerror}") from None


def check_fit(record: Record, *, program: str, intents: Iterable[str]) -> None:
    """Whether this checkout's code can answer with the model; phrases may have changed since.

    Raises:
        ModelRefused: it is another version's, or knows intents that the checkout has no answer to.
    """
    if record.program != program:
        raise ModelRefused(f"{record.model} was trained by another version of the program; run: make train")
    unknown = sorted(set(record.intents) - set(intents))
    if unknown:
        raise ModelRefused(
            f"{record.model} knows intents that have no answer here: {', '.join(unknown)}; run: make train")


def checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_json(path: Path, values: Any) -> None:
    """All of it or nothing: a reader never sees half a file, and a full disk leaves the old one.

    Raises:
        OSError: it could not be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8") as stream:
            json.dump(values, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def utc_now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
