"""Quick classifiers over the same classes, joined and calibrated; stored as plain arrays (no pickles).

One head reads the encoder's vector, along the directions in which messages differ most (ridge regression on RBF
features against landmarks, Nystroem's method), the other n-grams (a linear support vector machine). Where the
messages of a class are of many kinds, a third tells the kinds apart over the vector's features: "a black toe" is
easier to learn than "urgent". A logistic regression over all heads' scores on held-out folds, and over evidence from
elsewhere, joins them and makes probabilities that mean what they say. Applying it all is a product of small matrices.
"""
from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.ngrams import NgramVectorizer

FOLDS = 5
SHARPNESS = 8.0  # of the soft maximum over the kinds of a class
_NO_EVIDENCE = np.empty(0)


@dataclass(frozen=True, kw_only=True)
class HeadSettings:
    """dimensions: of the vector that count; landmarks, gamma: of the RBF features; alpha: of the ridge; ngram_c: of
    the support vector machine; joint_c: of the joining regression."""

    dimensions: int = 256  # of 768: as right as with all, with a third to read at each message
    landmarks: int = 2000
    gamma: float = 1.0
    alpha: float = 0.1
    ngram_c: float = 0.6
    joint_c: float = 0.05


@dataclass(frozen=True, kw_only=True)
class TextHeads:
    """directions [d, r], landmarks [m, r], vector_weights [m, k + kinds], ngram_weights [v, k],
    joint_weights [2k + e, k], [3k + e, k] with kinds; biases alike. `kinds`: the kinds' names; `class_of_kind`: the
    place of each one's class."""

    classes: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    gamma: float
    directions: np.ndarray
    landmarks: np.ndarray
    vector_weights: np.ndarray
    vector_bias: np.ndarray
    class_of_kind: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ngrams: NgramVectorizer
    ngram_weights: np.ndarray
    ngram_bias: np.ndarray
    joint_weights: np.ndarray
    joint_bias: np.ndarray

    def probabilities(self, vector: np.ndarray, text: str) -> np.ndarray:
        """Probability of each class [k] for one message: its unit vector [d] and its normalised text."""
        return self.probabilities_and_kinds(vector, text, _NO_EVIDENCE)[0]

    def probabilities_and_kinds(
        self, vector: np.ndarray, text: str, evidence: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(probability of each class [k], score of each kind, from about -1 to 1); evidence [e] as in training."""
        reduced = _along(vector, self.directions)
        by_vector = _kernel(self.landmarks, reduced, self.gamma) @ self.vector_weights + self.vector_bias
        indices, values = self.ngrams.vector(text)
        by_ngrams = values @ self.ngram_weights[indices] + self.ngram_bias
        scores = _joint_features(by_vector, by_ngrams, evidence, len(self.classes), self.class_of_kind)
        logits = scores @ self.joint_weights + self.joint_bias
        likely = np.exp(logits - logits.max())
        return likely / likely.sum(), by_vector[len(self.classes):]

    _ARRAYS = ("directions", "landmarks", "vector_weights", "vector_bias", "ngram_weights", "ngram_bias",
               "joint_weights", "joint_bias")

    def save(self, folder: Path) -> None:
        arrays = {name: getattr(self, name).astype(np.float32) for name in self._ARRAYS}
        np.savez(folder / "heads.npz", idf=self.ngrams.idf, class_of_kind=self.class_of_kind, **arrays)
        described = {"classes": self.classes, "kinds": self.kinds, "gamma": self.gamma, "vocabulary": self.ngrams.vocabulary}
        (folder / "heads.json").write_text(json.dumps(described), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TextHeads:
        described = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
            return cls(
                classes=tuple(described["classes"]), kinds=tuple(described["kinds"]), gamma=described["gamma"],
                ngrams=NgramVectorizer(described["vocabulary"], arrays["idf"]), class_of_kind=arrays["class_of_kind"],
                **{name: arrays[name] for name in cls._ARRAYS},
            )


def train_heads(
    vectors: np.ndarray, texts: Sequence[str], labels: Sequence[str], settings: HeadSettings,
    kinds: Sequence[str] | None = None, evidence: np.ndarray | None = None,
) -> TextHeads:
    """Heads trained on messages: unit vectors [n, d], normalised texts [n], labels [n], finer labels [n] or none,
    evidence from elsewhere [n, e] or none.

    The held-out folds are blocks of each label's messages in the order given: neighbours in a data file are
    often by one hand, and a hand must not stand on both sides. Landmarks and vocabulary know no labels and
    are shared by the folds.

    Raises:
        ValueError: a kind that stands under two labels.
    """
    from sklearn.linear_model import LogisticRegression

    names = np.array(labels)
    classes = np.unique(names)
    kind_names, class_of_kind = _kinds_of(kinds, names, classes)
    directions = _main_directions(vectors, settings.dimensions)
    vectors = _along(vectors, directions)
    chosen = np.random.default_rng(20).permutation(len(vectors))[:settings.landmarks]
    landmarks = np.ascontiguousarray(vectors[chosen], dtype=np.float32)
    targets = _targets(names, classes)
    if kinds is not None:
        targets = np.hstack([targets, _targets(np.array(kinds), kind_names)])
    ngrams, matrix = NgramVectorizer.fit(texts)
    folds = _blocks(labels if kinds is None else kinds)
    by_vector, held_by_vector = _ridges(
        _kernel(vectors, landmarks, settings.gamma), targets, folds,
        settings.alpha * _kernel(landmarks, landmarks, settings.gamma),
    )
    by_ngrams, held_by_ngrams = _vector_machines(matrix, names, folds, settings.ngram_c)
    if evidence is None:
        evidence = np.empty((len(names), 0))
    scores = _joint_features(held_by_vector, held_by_ngrams, evidence, len(classes), class_of_kind)
    joint = LogisticRegression(C=settings.joint_c, max_iter=300).fit(scores, names)
    assert list(by_ngrams.classes_) == list(joint.classes_) == list(classes)
    return TextHeads(
        classes=tuple(map(str, classes)), kinds=tuple(map(str, kind_names)), class_of_kind=class_of_kind,
        gamma=settings.gamma, directions=directions, landmarks=landmarks, vector_weights=by_vector[:-1],
        vector_bias=by_vector[-1], ngrams=ngrams, ngram_weights=by_ngrams.coef_.T,
        ngram_bias=by_ngrams.intercept_, joint_weights=joint.coef_.T, joint_bias=joint.intercept_,
    )


def _main_directions(vectors: np.ndarray, count: int) -> np.ndarray:
    """The `count` directions [d, count] along which the vectors [n, d] are longest."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)  # the longest last
    return np.ascontiguousarray(directions[:, ::-1][:, :count], dtype=np.float32)


def _along(vectors: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Unit vectors [..., r] of vectors [..., d] seen along the directions [d, r] alone."""
    reduced = vectors @ directions
    return reduced / np.linalg.norm(reduced, axis=-1, keepdims=True)


def _kernel(vectors: np.ndarray, others: np.ndarray, gamma: float) -> np.ndarray:
    """exp(-gamma |a - b|²) of unit vectors: [n, d] against one [d] or many [m, d]."""
    return np.exp((2.0 * gamma) * (vectors @ others.T - 1.0))


def _joint_features(
    by_vector: np.ndarray, by_ngrams: np.ndarray, evidence: np.ndarray, classes: int, class_of_kind: np.ndarray
) -> np.ndarray:
    """What the joining regression reads, of one message or of many: [..., 2k + e], or [..., 3k + e] with kinds."""
    parts = [by_vector[..., :classes], by_ngrams, evidence]
    if len(class_of_kind):
        kinds = np.exp(SHARPNESS * by_vector[..., classes:])
        parts.append(np.stack(
            [np.log(kinds[..., class_of_kind == n].sum(axis=-1)) / SHARPNESS for n in range(classes)], axis=-1,
        ))
    return np.concatenate(parts, axis=-1)


def _kinds_of(
    kinds: Sequence[str] | None, names: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(names of the kinds, place of each one's class)."""
    if kinds is None:
        return np.empty(0, dtype=str), np.empty(0, dtype=np.int64)
    found = dict(zip(kinds, names))
    if any(found[kind] != name for kind, name in zip(kinds, names)):
        raise ValueError("a kind stands under two labels")
    kind_names = np.unique(np.array(kinds))
    return kind_names, np.searchsorted(classes, [found[kind] for kind in kind_names])


def _targets(names: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """1 for a message's class and -1 for the others: float32 [n, k]."""
    return np.where(names[:, None] == classes[None, :], 1.0, -1.0).astype(np.float32)


def _ridges(
    features: np.ndarray, targets: np.ndarray, folds: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(weights [m + 1, t] of a ridge regression over everything, scores [n, t] of each fold by one over the others).

    `penalty` [m, m]: the landmarks' kernel times alpha, which makes the regression Nystroem's. The products of
    features are summed once a fold: fitting without a fold is then one small system less its part. The last weight
    is the bias, of a feature that is always 1.
    """
    from scipy.linalg import solve

    features = np.hstack([features, np.ones((len(features), 1), dtype=np.float32)])
    parts = [features[folds == fold] for fold in range(FOLDS)]
    goals = [targets[folds == fold] for fold in range(FOLDS)]
    squares = [(part.T @ part).astype(np.float64) for part in parts]
    products = [(part.T @ goal).astype(np.float64) for part, goal in zip(parts, goals)]
    all_squares, all_products = sum(squares), sum(products)
    all_squares[:-1, :-1] += penalty
    all_squares[np.diag_indices_from(all_squares)] += 1e-3  # two landmarks may be the same message

    def fit(square: np.ndarray, product: np.ndarray) -> np.ndarray:
        return solve(square, product, assume_a="pos")

    scores = np.empty(targets.shape)
    for fold in range(FOLDS):
        scores[folds == fold] = parts[fold] @ fit(all_squares - squares[fold], all_products - products[fold])
    return fit(all_squares, all_products), scores


def _vector_machines(matrix: Any, names: np.ndarray, folds: np.ndarray, c: float) -> tuple[Any, np.ndarray]:
    """(a machine over everything, scores [n, k] of each fold by one over the others), on all cores."""
    from sklearn.svm import LinearSVC

    def fit(kept: np.ndarray) -> Any:
        return LinearSVC(C=c, tol=1e-2, random_state=20).fit(matrix[kept], names[kept])

    with ThreadPoolExecutor() as pool:  # liblinear holds no lock
        whole = pool.submit(fit, np.full(len(names), True))
        machines = list(pool.map(fit, [folds != fold for fold in range(FOLDS)]))
    scores = np.empty((len(names), len(machines[0].classes_)))
    for fold, machine in enumerate(machines):
        scores[folds == fold] = machine.decision_function(matrix[folds == fold])
    return whole.result(), scores


def _blocks(labels: Sequence[str]) -> np.ndarray:
    """The fold [n] of each message: its place among its label's messages, cut into FOLDS blocks."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        places[label].append(index)
    folds = np.zeros(len(labels), dtype=int)
    for indices in places.values():
        for place, index in enumerate(indices):
            folds[index] = place * FOLDS // len(indices)
    return folds
