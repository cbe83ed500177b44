"""Turns texts into unit vectors whose dot product says how close their meanings are.

Importing this module loads nothing; onnxruntime and tokenizers come in with
`SentenceEncoder.load`.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from bot.nlu.encoder_file import (
    DEFAULT_PRECISION,
    DIMENSIONS,
    MAX_TOKENS,
    OUTPUTS,
    PROBE_KEY,
    EncoderFileError,
    ensure_encoder,
    package_file,
    probe_ids,
)

if TYPE_CHECKING:
    import numpy as np
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

#: Numbers in a text's vector.
FEATURES = len(OUTPUTS) * DIMENSIONS

#: Texts of one padded run in float32; more only costs memory.
_BATCH = 32
#: Cosine to float32 below which int8 arithmetic counts as broken; sound probes reach 0.99.
_PROBE_COSINE = 0.97


class SentenceEncoder:
    """all-MiniLM-L6-v2 on the CPU.  `encode` may be called from several threads."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer, precision: str) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.precision = precision
        # A message may be read ahead of the pipeline, and its only part is itself.
        self._recent = lru_cache(maxsize=64)(self._encode_alone)

    @classmethod
    def load(
        cls, folder: Path, *, threads: int = 1, precision: str = DEFAULT_PRECISION
    ) -> SentenceEncoder:
        """Opens the encoder file in `folder`, preparing it first when it is not there.

        One thread is the default: a text is too little work to share between two.
        Where this processor computes the int8 file wrongly (see `probe_ids`), a
        warning is logged and the float32 file is used instead.

        Raises EncoderFileError when the file cannot be prepared or is damaged.
        """
        session = _open(folder, precision, threads)
        if precision == "int8" and not _probes_agree(session):
            logger.warning(
                "onnxruntime computes the int8 sentence encoder wrongly on this processor; "
                "using the slower float32 encoder"
            )
            precision = "float32"
            session = _open(folder, precision, threads)
        return cls(session, _open_tokenizer(), precision)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of `texts`: float32 [len(texts), FEATURES], every row of length 1.

        A vector's first half is the sentence embedding, its second the pooled middle
        layer; each half has length √½.  The two together place 2 to 4 points more
        messages right than either alone (docs/understanding.md).

        Only the first MAX_TOKENS tokens of a text count.  A text has the same
        vector whatever other texts it is encoded with.
        """
        import numpy as np

        if isinstance(texts, str):
            raise TypeError("encode takes a sequence of texts, not one text")
        result = np.empty((len(texts), FEATURES), dtype=np.float32)
        if self.precision == "int8":
            # The activations of one run share a scale, so neighbours would change
            # a text's vector (cosine down to 0.998).  Running every text alone
            # costs four short clauses about 2.5 ms and keeps answers repeatable.
            for index, text in enumerate(texts):
                result[index] = self._recent(text)
            return result
        ids = [self._token_ids(text) for text in texts]
        # Texts of like length share a run, so that little padding is computed.
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        for first in range(0, len(order), _BATCH):
            chunk = order[first : first + _BATCH]
            result[chunk] = _run(self._session, [ids[index] for index in chunk])
        return result

    def forget_texts(self) -> None:
        """Drops the latest texts, kept in memory with their vectors."""
        self._recent.cache_clear()

    def _encode_alone(self, text: str) -> np.ndarray:
        return _run(self._session, [self._token_ids(text)])[0]

    def _token_ids(self, text: str) -> list[int]:
        # A lone surrogate (half an emoji, possible in JSON) is no valid text for
        # the tokenizer, which would raise.
        text = text.encode("utf-8", "replace").decode("utf-8")
        return self._tokenizer.encode(text).ids


def _open(folder: Path, precision: str, threads: int) -> InferenceSession:
    import onnxruntime

    path = ensure_encoder(folder, precision=precision)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Waiting threads sleep: the processor belongs to the rest of the bot.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no common base class
        raise EncoderFileError(
            f"the encoder file {path} cannot be opened; delete it and start again"
        ) from error


def _open_tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(package_file("tokenizer.json")))
    # The file asks for padding to 128 tokens; here `_run` pads, to the longest text.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _run(session: InferenceSession, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Token ids of some texts to their vectors [len(rows), FEATURES]."""
    import numpy as np

    shape = (len(rows), max(len(row) for row in rows))
    input_ids = np.zeros(shape, dtype=np.int64)  # 0 is the padding token
    attention_mask = np.zeros(shape, dtype=np.int64)
    for index, row in enumerate(rows):
        input_ids[index, : len(row)] = row
        attention_mask[index, : len(row)] = 1
    feed = {"input_ids": input_ids, "attention_mask": attention_mask}
    halves = session.run(list(OUTPUTS), feed)
    return np.hstack(halves) * np.float32(0.5**0.5)


def _probes_agree(session: InferenceSession) -> bool:
    """Whether the file's probe texts come out close to their float32 embeddings."""
    import json

    import numpy as np

    expected = json.loads(session.get_modelmeta().custom_metadata_map[PROBE_KEY])
    for ids, vector in zip(probe_ids(), expected):
        embedding = _run(session, [ids])[0, :DIMENSIONS] * 2**0.5
        cosine = float(embedding @ np.asarray(vector, dtype=np.float32))
        # Not `cosine < limit`: broken arithmetic may well give NaN.
        if not cosine >= _PROBE_COSINE:
            return False
    return True
