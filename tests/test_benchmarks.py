"""The arithmetic of benchmarks/: percentiles, medians, ratios and the table. No server is started."""
from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.dialects import FootnoteApi, NoAnswer, RestChannel
from benchmarks.errors import BenchmarkError
from benchmarks.footnote_service import check_unchanged
from benchmarks.load import around_turn, percentile
from benchmarks.messages import read_messages, take
from benchmarks.stock_project import PHRASES, Training, digest_of, read_training, write_stock_project
from benchmarks.table import Row, Spread, markdown, number, rows, spreads, times_better
from benchmarks.understanding import as_reply, compare, plain_questions
from bot.intents import INTENTS
from bot.labelled_messages import load_rows
from evaluation.scoring import label_of


@pytest.mark.parametrize(("values", "percent", "expected"), [
    ([7.0], 99, 7.0),
    ([10.0, 20.0, 30.0], 50, 20.0),
    ([10.0, 20.0, 30.0], 75, 25.0),
    ([float(value) for value in range(1, 102)], 95, 96.0),
])
def test_percentile_lies_between_the_nearest_values(values: list[float], percent: int, expected: float) -> None:
    assert percentile(values, percent) == pytest.approx(expected)


def test_around_turn_counts_turns_from_one() -> None:
    assert around_turn([float(turn) for turn in range(1, 153)], 150) == [148.0, 149.0, 150.0, 151.0, 152.0]
    assert around_turn([float(turn) for turn in range(1, 153)], 10) == [8.0, 9.0, 10.0, 11.0, 12.0]


def test_spreads_take_the_median_over_the_rounds_that_have_a_figure() -> None:
    found = spreads([
        {"training_s": 5.0}, {"early_ms": 10.0, "late_ms": 30.0}, {"early_ms": 20.0, "late_ms": 40.0},
        {"early_ms": 40.0, "late_ms": 40.0},
    ])
    assert found["training_s"] == Spread(median=5.0, least=5.0, most=5.0)
    assert found["early_ms"] == Spread(median=20.0, least=10.0, most=40.0)
    assert found["growth"] == Spread(median=2.0, least=1.0, most=3.0)


@pytest.mark.parametrize(("more_is_better", "stock", "footnote", "expected"), [
    (False, 100.0, 20.0, 5.0), (True, 10.0, 50.0, 5.0), (False, 20.0, 40.0, 0.5), (False, 20.0, 0.0, None),
])
def test_times_better_is_above_one_where_footnote_wins(
    more_is_better: bool, stock: float, footnote: float, expected: float | None,
) -> None:
    row = Row(figure="x", label="x", unit="ms", more_is_better=more_is_better)
    assert times_better(row, stock, footnote) == expected


@pytest.mark.parametrize(("value", "expected"), [
    (0.1234, "0.12"), (9.876, "9.9"), (9.96, "10"), (98.76, "99"), (1234.5, "1,234"),
])
def test_number_is_as_precise_as_the_measurement(value: float, expected: str) -> None:
    assert number(value) == expected


def test_markdown_shows_spread_ratio_and_a_dash_for_what_is_missing() -> None:
    stock = {
        "p50_ms": Spread(median=100.0, least=90.0, most=120.0), "pss_mb": Spread(median=900.0, least=900.0, most=900.0),
    }
    footnote = {"p50_ms": Spread(median=20.0, least=20.0, most=20.0)}
    assert markdown(rows(8, 10, 150), stock, footnote).splitlines()[2:] == [
        "| message, 1 client, p50 | 100 ms (90-120) | 20 ms | 5.0 times |",
        "| resident memory after the load, PSS | 900 MB | - | - |",
    ]


def test_messages_are_the_same_in_each_run_and_hold_no_commands(tmp_path: Path) -> None:
    (tmp_path / "evaluation" / "messages").mkdir(parents=True)
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    lines = [{"text": "hi"}, {"turns": [{"text": "/restart"}, {"text": " does it hurt "}]}, {"text": "x" * 1001}]
    (tmp_path / "evaluation" / "messages" / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "data" / "nlu" / "a.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - what is it\n    - hi\n")
    messages = read_messages(tmp_path)
    assert sorted(messages) == ["does it hurt", "hi", "what is it"] and messages[-1] == "what is it"
    assert messages == read_messages(tmp_path)
    assert take(["a", "b", "c"], 2, 4) == ["c", "a", "b", "c"]


@pytest.mark.parametrize(("dialect", "answer"), [
    (RestChannel(), []), (RestChannel(), {"status": "failure"}), (FootnoteApi(), {"replies": []}),
    (FootnoteApi(), {"replies": [{"kind": "unavailable"}], "conversation": "c"}),
])
def test_what_is_no_answer_is_not_counted_as_one(dialect: RestChannel | FootnoteApi, answer: object) -> None:
    with pytest.raises(NoAnswer):
        dialect.read(answer, None)


def test_the_stock_project_has_rasas_default_components_and_all_intents(tmp_path: Path) -> None:
    write_stock_project(tmp_path, epochs=2)
    config, domain = (tmp_path / "config.yml").read_text(), (tmp_path / "domain.yml").read_text()
    for component in ("DIETClassifier", "ResponseSelector", "TEDPolicy", "UnexpecTEDIntentPolicy", "MemoizationPolicy"):
        assert component in config
    assert config.count("epochs: 2\n") == 4 and "epochs: 100" not in config
    assert "- massage_safety\n" in domain and "- red_flag\n" not in domain


def test_a_missing_kept_model_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="--train-stock"):
        read_training(tmp_path / "model.tar.gz")


@pytest.mark.parametrize(("models", "changed"), [(1, False), (2, True)])
def test_a_checkout_that_changed_meanwhile_ends_the_run(tmp_path: Path, models: int, changed: bool) -> None:
    (tmp_path / "models").mkdir()
    for model in range(models):
        (tmp_path / "models" / f"footnote-{model}.tar.gz").touch()
    with pytest.raises(BenchmarkError, match="undisturbed") if changed else nullcontext():
        check_unchanged(tmp_path)


@pytest.mark.parametrize(("epochs", "whole"), [(1, False), (100, True)])
def test_only_a_whole_training_may_be_compared(epochs: int, whole: bool) -> None:
    assert Training(seconds=1.0, epochs=epochs, phrases="", on="").is_whole is whole


@pytest.mark.parametrize("intent", INTENTS)
def test_stocks_intent_is_scored_as_footnotes_reply_would_be(intent: str) -> None:
    label = intent.replace("smalltalk_", "smalltalk.")
    assert label_of(as_reply(intent)) == label


def test_stocks_fallback_answers_nothing() -> None:
    assert label_of(as_reply("nlu_fallback")) == "clarify"


def test_only_plain_questions_are_compared(tmp_path: Path) -> None:
    written = [
        {"id": "a", "text": "is massage safe", "topic": "massage_safety", "tier": "none"},
        {"id": "b", "text": "my face droops, is massage safe", "topic": "massage_safety", "tier": "emergency"},
        {"id": "c", "text": "what is it and does heat help", "topics": ["neuropathy_definition", "heat_therapy"]},
        {"id": "d", "turns": [{"text": "hello", "topic": "smalltalk.greet"}, {"text": "why", "topic": "heat_therapy"}]},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, written)), encoding="utf-8")
    assert [row.messages[0].text for row in plain_questions(load_rows([path]))] == ["is massage safe"]


@pytest.mark.parametrize(("epochs", "phrases"), [(1, None), (100, "others")])
def test_a_model_cut_short_or_of_other_phrases_is_not_compared(tmp_path: Path, epochs: int, phrases: str | None) -> None:
    model = tmp_path / "stock.tar.gz"
    model.write_bytes(b"")
    kept = Training(seconds=1.0, epochs=epochs, phrases=phrases or digest_of(PHRASES), on="2026-01-01 00:00")
    (tmp_path / "stock.json").write_text(json.dumps(asdict(kept)), encoding="utf-8")
    with pytest.raises(BenchmarkError, match="--train-stock stock.tar.gz"):
        compare(model)
