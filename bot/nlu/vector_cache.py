"""Vectors of training phrases, kept between trainings: reading all of them anew takes most of a training's time.

One file beside the encoder's own. It holds digests and vectors, no texts, of the phrases that were asked for last. A file that cannot be read or written costs time and nothing else.
"""
from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

KEEP_MOST = 60_000  # phrases, the latest; a training asks several times, for some 40,000 in all (1.5 KB each)


def encode_with_cache(
    texts: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray], path: Path
) -> np.ndarray:
    """`encode(texts)` [n, d], rounded to half precision (kept or not, so that a training repeats exactly).

    Args:
        encode: reads the texts that are not in the file yet.
        path: the file; its name must change with what `encode` does.
    """
    keys = [hashlib.sha1(text.encode("utf-8", "replace")).digest() for text in texts]
    kept = _read(path)
    new = [n for n, key in enumerate(keys) if key not in kept]
    if new:
        fresh = encode([texts[n] for n in new]).astype(np.float16)
        kept.update((keys[n], vector) for n, vector in zip(new, fresh))
        _write(path, _latest(kept, keys))
    return np.stack([kept[key] for key in keys]).astype(np.float32)


def _latest(kept: dict[bytes, np.ndarray], used: Sequence[bytes]) -> dict[bytes, np.ndarray]:
    """At most `KEEP_MOST`, those used now for sure; the file's order is that of their last new neighbours."""
    now = dict.fromkeys(used)
    before = [key for key in kept if key not in now]
    spare = max(0, KEEP_MOST - len(now))
    return {key: kept[key] for key in [*before[len(before) - min(spare, len(before)):], *now]}


def _read(path: Path) -> dict[bytes, np.ndarray]:
    with contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile):
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            digests, vectors = file["digests"], file["vectors"]
        return {digest.tobytes(): vector for digest, vector in zip(digests, vectors, strict=True)}
    return {}


def _write(path: Path, kept: dict[bytes, np.ndarray]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with contextlib.suppress(OSError):
        try:
            with open(part, "wb") as stream:
                np.savez(
                    stream, digests=np.array([np.frombuffer(key, dtype=np.uint8) for key in kept]),
                    vectors=np.stack(list(kept.values())),
                )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
