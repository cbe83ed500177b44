"""What people type becomes words: quotes, contractions, text-speak, misspellings, invisible characters."""
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.red_flag_rules import load_rule_book
from bot.text import MAX_CHARACTERS, Reader, clean, compare_key, english_words, fold, is_stop, stem

BOOK = load_rule_book()
PLAIN = Reader(expansions=BOOK.expansions)
REPAIRING = Reader(
    expansions={"nite": "night", "w/o": "without"}, vocabulary=["neuropathy", "swollen", "numbness", "massage", "bleeding"]
)


@pytest.mark.parametrize(("text", "cleaned"), [
    ("  my foot \n", "my foot"),
    ("one\r\ntwo\rthree", "one\ntwo\nthree"),
    ("tab\tstays", "tab\tstays"),
    ("bell\x07 null\x00 escape\x1b", "bell null escape"),
    ("zero\u200bwidth\u200djoin\ufeff", "zerowidthjoin"),
    ("right\u202eto\u202cleft\u200f marks\u2067", "righttoleft marks"),
    ("soft\u00adhyphen", "softhyphen"),
    ("half \ud83d surrogate", "half  surrogate"),
    ("private \ue000 use", "private  use"),
    ("é ü 你 ع 🦶", "é ü 你 ع 🦶"),
    ("\u200b\u200e", ""),
    ("", ""),
])
def test_clean_drops_what_cannot_be_seen_and_keeps_the_rest(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(("text", "folded"), [
    ("My FOOT", "my foot"),
    ("don’t ‘quote’ “me”", "don't 'quote' \"me\""),
    ("ｆｏｏｔ", "foot"),
    ("inﬂammation", "inflammation"),
    ("niño, pié, naïve", "nino, pie, naive"),
    ("toe – heel — sole…", "toe - heel  -  sole..."),
    ("½ inch ²", "1⁄2 inch 2"),
])
def test_fold_leaves_plain_small_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(("one", "other", "same"), [
    ("What is neuropathy?", "what is   NEUROPATHY", True),
    ("it's the café", "It’s the cafe!", True),
    ("foot-massage", "foot massage", True),
    ("foot massage", "footmassage", False),
    ("is it safe", "it is safe", False),
    ("?!", "!?", False),  # nothing but signs: compared as signs
    ("🦶", "🦵", False),
])
def test_compare_key_is_equal_for_case_accent_and_punctuation_twins_only(one: str, other: str, same: bool) -> None:
    assert (compare_key(one) == compare_key(other)) is same


@pytest.mark.parametrize(("text", "words"), [
    # contractions, written in every way, are one word
    ("can't", "cant"), ("can’t", "cant"), ("cant", "cant"), ("cannot", "cant"), ("can not", "cant"), ("can n't", "cant"),
    ("won't will not", "wont wont"), ("doesn't doesnt does not", "doesnt doesnt doesnt"), ("isn't is not", "isnt isnt"),
    ("I'm I’m", "im im"), ("husband's", "husbands"), ("the candid note", "the candid note"),
    # sentence ends and commas are words of their own
    ("Sores? None. Ok, then", "sores ? none . ok , then"), ("line\nbreak", "line \n break"),
    # numbers
    ("38.5 and 120/80 and 10mg", "38.5 and 120/80 and 10 mg"), ("100.", "100 ."),
    # hurry
    ("soooo baddd", "soo badd"), ("FOOT", "foot"), ("😭 help 😭", "😭 help 😭"),
])
def test_words_undo_how_people_write(text: str, words: str) -> None:
    assert " ".join(Reader().words(text)) == words


@pytest.mark.parametrize(("text", "words"), [
    ("u cant feel ur foot", "you cant feel your foot"),
    ("worse at nite b4 bed, thru 2day", "worse at night before bed , through today"), ("ab4 2days", "ab 4 2 days"),
    ("w/o pain w/ diabetes", "without pain with diabetes"),
    ("gonna wanna gotta", "going to want to got to"),
    ("numb n cold", "numb and cold"),
    ("type 2 dx 2019", "type 2 diagnosed 2019"),
    ("12 yo preg hav alot", "12 years old pregnant have a lot"),
    ("goin doin thinkin", "going doing thinking"),
    ("Nuropathy, samatic and visural nerves", "neuropathy , somatic and visceral nerves"),
])
def test_text_speak_and_known_misspellings_are_spelled_out(text: str, words: str) -> None:
    assert " ".join(PLAIN.words(text)) == words


@pytest.mark.parametrize(("text", "words"), [
    ("neuropthy", "neuropathy"), ("nueropathy", "neuropathy"), ("numness", "numbness"), ("swolen", "swollen"),
    ("massagge", "massage"), ("bleedin", "bleeding"), ("bleedig", "bleeding"),
    # left alone: English, short, with figures, another first letter, too far away
    ("message", "message"), ("breeding", "breeding"), ("swo", "swo"), ("sw0llen", "sw 0 llen"), ("eumbness", "eumbness"),
    ("nmbnsses", "nmbnsses"),
])
def test_misspellings_of_words_that_matter_are_repaired_and_english_is_left_alone(text: str, words: str) -> None:
    assert " ".join(REPAIRING.words(text)) == words


def test_nothing_is_repaired_without_a_vocabulary() -> None:
    assert Reader().words("neuropthy nothin") == ["neuropthy", "nothin"]


def test_expansions_are_not_repaired_again() -> None:
    assert Reader(expansions={"zz": "bleedig"}, vocabulary=["bleeding"]).words("zz") == ["bleedig"]


def test_english_words_come_from_the_encoders_vocabulary() -> None:
    words = english_words()
    assert len(words) > 15_000 and {"foot", "massage"} <= words and "neuropthy" not in words


@pytest.mark.parametrize(("words", "shared"), [
    (("drooping", "droops", "drooped"), "droop"), (("toes", "toe"), "toe"), (("cant",), "cant"), (("?",), "?"),
])
def test_stem_is_what_inflections_share(words: tuple[str, ...], shared: str) -> None:
    assert {stem(word) for word in words} == {shared}


@pytest.mark.parametrize(("word", "stop"), [(".", True), ("?", True), ("\n", True), (";", True), (",", False), ("foot", False)])
def test_a_comma_ends_no_sentence(word: str, stop: bool) -> None:
    assert is_stop(word) is stop


ANYTHING = st.text(alphabet=st.characters(), max_size=MAX_CHARACTERS)


@settings(deadline=None)
@given(ANYTHING)
@example("\ud800")
@example("a\u0301\u202e\x00n't")
@example("'" * 50)
def test_no_text_breaks_the_reader(text: str) -> None:
    for reader in (PLAIN, REPAIRING):
        words = reader.words(text)
        assert all(word and " " not in word for word in words)
    assert isinstance(compare_key(text), str)


@settings(deadline=None)
@given(ANYTHING)
def test_cleaning_twice_is_cleaning_once_and_hides_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not [c for c in once if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_case_and_quotes_make_no_difference_to_the_words(text: str) -> None:
    assert PLAIN.words(text.replace("’", "'")) == PLAIN.words(text.replace("'", "’"))
