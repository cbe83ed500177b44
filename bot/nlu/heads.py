"""Two quick classifiers over the same classes, joined and calibrated; stored as plain arrays (no pickles).

One head reads the encoder's vector (ridge regression on RBF features against landmarks, Nystroem's method),
the other n-grams (a linear support vector machine). A logistic regression over both heads' scores on
held-out folds joins them and makes probabilities that mean what they say. Training is scikit-learn's;
applying is a product of small matrices.
"""
from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.ngrams import NgramVectorizer

FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class HeadSettings:
    """landmarks, gamma: of the RBF features; alpha: of the ridge; ngram_c: of the support vector machine;
    joint_c: of the joining regression."""

    landmarks: int = 1500
    gamma: float = 1.0
    alpha: float = 0.3
    ngram_c: float = 0.6
    joint_c: float = 1.0


@dataclass(frozen=True, kw_only=True)
class TextHeads:
    """landmarks [m, d], vector_weights [m, k] (the RBF projection is folded in), ngram_weights [v, k],
    joint_weights [2k, k]; biases [k]."""

    classes: tuple[str, ...]
    gamma: float
    landmarks: np.ndarray
    vector_weights: np.ndarray
    vector_bias: np.ndarray
    ngrams: NgramVectorizer
    ngram_weights: np.ndarray
    ngram_bias: np.ndarray
    joint_weights: np.ndarray
    joint_bias: np.ndarray

    def probabilities(self, vector: np.ndarray, text: str) -> np.ndarray:
        """Probability of each class [k] for one message: its unit vector [d] and its normalised text."""
        distances = 2.0 - 2.0 * (self.landmarks @ vector)  # |a - b|² of unit vectors
        by_vector = np.exp(-self.gamma * distances) @ self.vector_weights + self.vector_bias
        indices, values = self.ngrams.vector(text)
        by_ngrams = values @ self.ngram_weights[indices] + self.ngram_bias
        logits = np.concatenate([by_vector, by_ngrams]) @ self.joint_weights + self.joint_bias
        likely = np.exp(logits - logits.max())
        return likely / likely.sum()

    _ARRAYS = ("landmarks", "vector_weights", "vector_bias", "ngram_weights", "ngram_bias", "joint_weights",
               "joint_bias")

    def save(self, folder: Path) -> None:
        arrays = {name: getattr(self, name).astype(np.float32) for name in self._ARRAYS}
        np.savez(folder / "heads.npz", idf=self.ngrams.idf, **arrays)
        described = {"classes": self.classes, "gamma": self.gamma, "vocabulary": self.ngrams.vocabulary}
        (folder / "heads.json").write_text(json.dumps(described), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TextHeads:
        described = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
            return cls(
                classes=tuple(described["classes"]), gamma=described["gamma"],
                ngrams=NgramVectorizer(described["vocabulary"], arrays["idf"]),
                **{name: arrays[name] for name in cls._ARRAYS},
            )


def train_heads(
    vectors: np.ndarray, texts: Sequence[str], labels: Sequence[str], settings: HeadSettings
) -> TextHeads:
    """Heads trained on messages: unit vectors [n, d], normalised texts [n], labels [n].

    The held-out folds are blocks of each label's messages in the order given: neighbours in a data file are
    often by one hand, and a hand must not stand on both sides. Landmarks and vocabulary know no labels and
    are shared by the folds.
    """
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression

    names = np.array(labels)
    kernel = Nystroem(gamma=settings.gamma, n_components=min(settings.landmarks, len(vectors)), random_state=20)
    features = kernel.fit_transform(vectors)
    ngrams, matrix = NgramVectorizer.fit(texts)
    folds = _blocks(labels)
    classes = np.unique(names)
    scores = np.zeros((len(texts), 2 * len(classes)))
    for fold in range(FOLDS):
        kept, held = folds != fold, folds == fold
        by_vector, by_ngrams = _fit(features[kept], matrix[kept], names[kept], settings)
        scores[held] = np.hstack([by_vector.decision_function(features[held]),
                                  by_ngrams.decision_function(matrix[held])])
    joint = LogisticRegression(C=settings.joint_c, max_iter=200).fit(scores, names)
    by_vector, by_ngrams = _fit(features, matrix, names, settings)
    assert list(by_vector.classes_) == list(by_ngrams.classes_) == list(joint.classes_) == list(classes)
    return TextHeads(
        classes=tuple(map(str, classes)), gamma=settings.gamma, landmarks=kernel.components_,
        vector_weights=kernel.normalization_.T @ by_vector.coef_.T, vector_bias=by_vector.intercept_,
        ngrams=ngrams, ngram_weights=by_ngrams.coef_.T, ngram_bias=by_ngrams.intercept_,
        joint_weights=joint.coef_.T, joint_bias=joint.intercept_,
    )


def _fit(features: np.ndarray, matrix: Any, labels: np.ndarray, settings: HeadSettings) -> tuple[Any, Any]:
    """The vector head over RBF features [n, m], and the n-gram head over a sparse matrix [n, v]."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.svm import LinearSVC

    return (
        RidgeClassifier(alpha=settings.alpha).fit(features, labels),
        LinearSVC(C=settings.ngram_c, random_state=20).fit(matrix, labels),
    )


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
