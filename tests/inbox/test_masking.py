"""What could say who wrote a message is taken out, and nothing else: by hand, by rows never trained on, by chance."""
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox.masking import default_masker, numbers_of
from evaluation.evaluate_masking import FILES
from evaluation.masking_rows import FOLDER, Planted, left_over, load_planted, score

LEAST_MASKED, MOST_ALTERED = 0.98, 0.02


@pytest.fixture(scope="module")
def mask():
    return default_masker().mask


@pytest.mark.parametrize(("text", "masked"), [
    ("my name is Ann Lee and my toes tingle", "my name is [name] and my toes tingle"),
    ("I'm Dr. Patel, call (212) 555-0187 ext 4", "I'm [name], call [number]"),
    ("call five five five, oh one two three", "call [number]"),
    ("born 14 March 1952", "born [date]"),
    ("mail bob at example dot com", "mail [email]"),
    ("i live at 14 Rosewood Avenue, Dayton, OH 45402", "i live at [address]"),
    ("MRN 44-82-91 please", "MRN [number] please"),
    ("my card 4111 1111 1111 1111", "my card [number]"),
])
def test_identifier_gives_way_to_its_kind(mask, text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", [
    "i may have charcot foot, will it get better", "does mary jane help", "Jack Daniels every night",
    "call 911 or 988", "poison control 1-800-222-1222", "is 116 123 the samaritans", "type 2 since 2016",
    "gabapentin 300 mg, bp 140/90, a1c 7.2, 38 m/s", "20,000,000 people", "readings 290, 350, 330", "from 2010-2020",
    "10 hours on the road", "born with flat feet", "my mother can not walk", "they call me old", "2 or 3 times",
])
def test_harmless_message_stays_as_it_is(mask, text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing_more(mask) -> None:
    for name in FILES:
        for row in load_planted(FOLDER / f"{name}.jsonl"):
            once = mask(row.text)
            assert mask(once) == once, row.id


@pytest.mark.parametrize("name", FILES)
def test_masked_and_altered_shares_hold_their_floors(mask, name: str) -> None:
    figures, errors = score(load_planted(FOLDER / f"{name}.jsonl"), mask)
    assert figures["masked"].share >= LEAST_MASKED and figures["altered"].share <= MOST_ALTERED, errors
    assert figures["altered"].total == 150


def test_300_messages_with_identifiers_and_300_without_are_measured() -> None:
    rows = [row for name in FILES for row in load_planted(FOLDER / f"{name}.jsonl")]
    assert sum(bool(row.identifiers) for row in rows) == 300 and len(rows) == 600
    assert len({row.text for row in rows}) == len({row.id for row in rows}) == 600


def test_identifier_with_a_word_left_counts_as_missed() -> None:
    row = Planted(id="p", text="I am Ann Lee, Ann is my name", identifiers=(("name", "Ann Lee"),))
    assert left_over(row, "I am [name], Ann is my name") == []
    assert left_over(row, "I am [name] Lee, Ann is my name") == [("name", "Ann Lee")]


HELP = numbers_of({}) | {"18002221222"}
WORDS = st.sampled_from("my number is call me feet numb since on at please and the massage 3 weeks".split())
DIGITS = st.text("0123456789", min_size=7, max_size=18).filter(lambda digits: not re.fullmatch(r"[1-9]\d{0,2}0{6,9}", digits))


@settings(max_examples=300, deadline=None)
@given(before=st.lists(WORDS, max_size=4), digits=DIGITS, after=st.lists(WORDS, max_size=4), prefix=st.sampled_from(["", "+", "#", "x", "("]))
def test_no_run_of_seven_digits_survives(mask, before, digits, after, prefix) -> None:
    masked = mask(" ".join([*before, prefix + digits, *after]))
    assert digits in HELP or not re.search(r"\d{7}", masked)


@settings(max_examples=200, deadline=None)
@given(groups=st.lists(st.text("0123456789", min_size=3, max_size=4), min_size=3, max_size=5), sign=st.sampled_from([" ", "-", ".", " - "]))
def test_no_grouped_number_survives(mask, groups, sign) -> None:
    text = sign.join(groups)
    masked = mask(f"reach me on {text} thanks")
    digits = re.sub(r"\D", "", text)
    assert len(re.sub(r"\D", "", masked)) < 7 or digits in numbers_of(default_help_lines())


def default_help_lines():
    from bot.content import load_content

    return load_content().help_lines


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_masked_without_an_error(mask, text: str) -> None:
    assert isinstance(mask(text), str)


def test_longest_message_is_masked_in_little_time(mask) -> None:
    import time

    for text in ("1 " * 500, "a@" * 500, "Ann " * 250, "12 Oak " * 140, "five " * 200, "((((" * 250, "1-" * 500, "A B " * 250,
                 "dot at " * 140, "id is number " * 76, "12 Oak, " * 120, "born on the " * 83):
        began = time.perf_counter()
        mask(text[:1000])
        assert time.perf_counter() - began < 1.0, text[:20]
