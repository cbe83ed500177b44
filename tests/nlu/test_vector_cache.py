"""Training phrases are read once: what is kept is what would be read."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import vector_cache
from bot.nlu.vector_cache import encode_with_cache


class Reader:
    """Stands for the encoder; remembers what it was asked to read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.read += texts
        return np.array([[len(text), 1.0 / 3.0] for text in texts], dtype=np.float32)


def test_a_phrase_is_read_once_and_is_the_same_afterwards(tmp_path: Path) -> None:
    reader, path = Reader(), tmp_path / "vectors.npz"
    first = encode_with_cache(["a", "bb", "a"], reader, path)
    second = encode_with_cache(["bb", "ccc"], reader, path)
    assert reader.read == ["a", "bb", "a", "ccc"]
    assert first.dtype == np.float32 and first[:, 0].tolist() == [1, 2, 1] and second[:, 0].tolist() == [2, 3]
    np.testing.assert_array_equal(first[1], second[0])
    assert [file.name for file in tmp_path.iterdir()] == ["vectors.npz"]


def test_several_askers_share_the_file(tmp_path: Path) -> None:
    reader, path = Reader(), tmp_path / "vectors.npz"
    many = [f"phrase {n}" for n in range(100)]
    for texts in (many, ["one more"], many, ["and another"], many):
        encode_with_cache(texts, reader, path)
    assert len(reader.read) == 102, "who asks for few does not drop what others asked for"


def test_phrases_of_long_ago_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_cache, "KEEP_MOST", 5)
    reader, path = Reader(), tmp_path / "vectors.npz"
    encode_with_cache([f"old {n}" for n in range(10)], reader, path)
    with np.load(path) as kept:
        assert len(kept["digests"]) == 10, "what is asked for at once is kept, however much it is"
    encode_with_cache(["new"], reader, path)
    with np.load(path) as kept:
        assert len(kept["digests"]) == 5
    encode_with_cache(["new", "old 9", "old 1"], reader, path)
    assert reader.read.count("old 1") == 2 and reader.read.count("old 9") == reader.read.count("new") == 1


@pytest.mark.parametrize("broken", [b"", b"no archive", b"PK\x03\x04"])
def test_a_broken_file_costs_time_only(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "vectors.npz"
    path.write_bytes(broken)
    assert encode_with_cache(["a"], Reader(), path)[:, 0].tolist() == [1]
    reader = Reader()
    encode_with_cache(["a"], reader, path)
    assert reader.read == [], "it was mended"


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert encode_with_cache(["a"], Reader(), tmp_path / "file" / "vectors.npz")[:, 0].tolist() == [1]
