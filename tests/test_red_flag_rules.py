"""The rule book's loader refuses what it cannot read and says file, key and cure; and the pattern language means what
its docstring says, shown on a rule book of a few lines.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.red_flag_rules import load_rule_book
from bot.red_flags import RedFlags

FINDINGS = """\
apple:
  phrases: [apple]
berry:
  phrases: [berry, blue berry]
cherry:
  anchor: true
  phrases: [cherry]
number:
  regex: ['3\\d\\d']
scar:
  lasting: true
  phrases: [scar]
gadget:
  general: true
  phrases: [gadget]
young:
  phrases: ["aged <age>"]
"""
KIND = """\
tier: urgent
name: a thing
tell: {action: Call today., why: It can be a sign., safety: Do not rub it.}
help_lines: []
source: A body
patterns: ['apple']
wordings: [an apple]
near_misses: [no apple]
"""
LIFTED = """\
phrases: [doctor cleared me]
clinicians: [surgeon]
clearances: [all clear]
unless: [what if]
"""
CONTEXT = """\
rules:
  - {category: NEGATED, direction: forward, max_scope: 8, terminated_by: [CURRENT], phrases: ['no', never]}
  - {category: RESOLVED, direction: backward, max_scope: 8, phrases: [years ago]}
  - {category: GENERAL, direction: forward, max_scope: 8, phrases: [does a]}
  - {category: CURRENT, direction: terminate, phrases: [but]}
figurative: [apple pie]
"""
Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Writes a small content/ folder; a keyword replaces the text of that file."""

    def write(*, kind: str = KIND, findings: str = FINDINGS, context: str = CONTEXT, spelling: str = "expansions: {n: and}\n",
              more_findings: str = "", lifted: str = LIFTED) -> Path:
        (tmp_path / "findings").mkdir()
        (tmp_path / "red_flags").mkdir()
        (tmp_path / "findings" / "fruit.yml").write_text(findings)
        if more_findings:
            (tmp_path / "findings" / "trees.yml").write_text(more_findings)
        if kind:
            (tmp_path / "red_flags" / "thing.yml").write_text(kind)
        (tmp_path / "red_flags_context.yml").write_text(context)
        (tmp_path / "spelling.yml").write_text(spelling)
        (tmp_path / "red_flags_lifted.yml").write_text(lifted)
        (tmp_path / "red_flags_other_people.yml").write_text("another: [now for me]\nback: [what about me]\n")
        (tmp_path / "red_flags_played_down.yml").write_text("phrases: [no rush]\n")
        return tmp_path

    return write


def test_a_small_rule_book_loads_with_the_file_name_as_id(book: Book) -> None:
    loaded = load_rule_book(book())
    assert [(kind.flag.id, kind.flag.tier, kind.flag.name) for kind in loaded.kinds] == [("thing", "urgent", "a thing")]
    assert loaded.findings["cherry"].anchor and not loaded.findings["apple"].anchor
    assert loaded.expansions == {"n": "and"}


KIND_KEYS = "tier, name, tell, help_lines, source, patterns, wordings, near_misses"
BROKEN = [
    ("an unknown key", {"kind": KIND + "colour: red\n"}, "red_flags/thing.yml:9", f"colour: unknown key; the keys here are: {KIND_KEYS}"),
    ("a missing key", {"kind": KIND.replace("source: A body\n", "")}, "red_flags/thing.yml", f"source is missing; the keys here are: {KIND_KEYS}"),
    ("a missing part of what is told", {"kind": KIND.replace(", safety: Do not rub it.", "")}, "red_flags/thing.yml", "tell.safety is missing; the keys here are: action, why, safety"),
    ("an empty text", {"kind": KIND.replace("A body", "''")}, "red_flags/thing.yml:5", "source: must be a text that is not empty"),
    ("an unknown tier", {"kind": KIND.replace("urgent", "scary")}, "red_flags/thing.yml:1", "tier: 'scary' is none of: caution, urgent, emergency, crisis"),
    ("wordings that are no list", {"kind": KIND.replace("[an apple]", "an apple")}, "red_flags/thing.yml:7", "wordings: must be a list of texts"),
    ("a finding that nobody wrote", {"kind": KIND.replace("'apple'", "'apple & pear'")}, "red_flags/thing.yml:6", "patterns: 'apple & pear': no finding 'pear' in content/findings"),
    ("an excluded finding that nobody wrote", {"kind": KIND.replace("'apple'", "'apple + !pear'")}, "red_flags/thing.yml:6", "no finding 'pear'"),
    ("a pattern that is no pattern", {"kind": KIND.replace("'apple'", "'apple berry'")}, "red_flags/thing.yml:6", "'apple berry' is neither a finding nor a \"phrase\""),
    ("a pattern with an end missing", {"kind": KIND.replace("'apple'", "'apple &'")}, "red_flags/thing.yml:6", "'' is neither a finding"),
    ("a pattern of exclusions only", {"kind": KIND.replace("'apple'", "'!apple'")}, "red_flags/thing.yml:6", "patterns: '!apple' asks for nothing"),
    ("a finding in two files", {"more_findings": "apple: {phrases: [pomme]}\n"}, "findings/trees.yml:1", "apple: stands in two files of content/findings; merge the two"),
    ("a finding twice in a file", {"findings": FINDINGS + "apple: {phrases: [pomme]}\n"}, "findings/fruit.yml", "not valid YAML"),
    ("a finding with a capital", {"findings": FINDINGS + "Pear: {phrases: [pear]}\n"}, "findings/fruit.yml:18", "Pear: a finding's name is small letters, digits and _"),
    ("an unknown key of a finding", {"findings": FINDINGS.replace("anchor: true", "ancor: true")}, "findings/fruit.yml:6", "cherry.ancor: unknown key; the keys here are: phrases, regex, anchor, lasting, general"),
    ("a finding without words", {"findings": FINDINGS + "pear: {anchor: true}\n"}, "findings/fruit.yml:18", "pear: needs phrases, or a regex"),
    ("a regular expression that is none", {"findings": FINDINGS.replace("3\\d\\d", "3[")}, "findings/fruit.yml:9", "number.regex: '3[' is no regular expression: unterminated character set"),
    ("YAML that is none", {"findings": "apple: [\n"}, "findings/fruit.yml", "not valid YAML"),
    ("an unknown category", {"context": CONTEXT.replace("RESOLVED", "GONE")}, "red_flags_context.yml", "rules[2].category: 'GONE' is none of: NEGATED, RESOLVED"),
    ("an unknown direction", {"context": CONTEXT.replace("backward", "sideways")}, "red_flags_context.yml", "rules[2].direction: 'sideways' is none of: forward, backward"),
    ("a scope of no words", {"context": CONTEXT.replace("max_scope: 8", "max_scope: 0", 1)}, "red_flags_context.yml", "rules[1].max_scope: must be a whole number of words from 1"),
    ("an unknown key of a context rule", {"context": CONTEXT.replace("max_scope: 8", "scope: 8", 1)}, "red_flags_context.yml", "rules[1].scope: unknown key; the keys here are: category, direction, phrases, max_scope, terminated_by"),
    ("an unquoted no", {"context": CONTEXT.replace("['no', never]", "[5, never]")}, "red_flags_context.yml", "phrases: must be a list of texts; quote an item that YAML reads otherwise"),
    ("no expansions", {"spelling": "words: {}\n"}, "spelling.yml:1", "words: unknown key; the keys here are: expansions"),
    ("an expansion to a number", {"spelling": "expansions: {b4: 4}\n"}, "spelling.yml", "expansions.b4: must be a text"),
    ("a lifting phrase that is no text", {"lifted": LIFTED.replace("doctor cleared me", "5")}, "red_flags_lifted.yml:1", "phrases: must be a list of texts"),
    ("no red flag at all", {"kind": ""}, "red_flags", "holds no red flag; restore it from git"),
]


@pytest.mark.parametrize(("files", "where", "problem"), [pytest.param(*row, id=name) for name, *row in BROKEN])
def test_a_broken_rule_book_is_refused_with_file_key_and_cure(book: Book, files: dict, where: str, problem: str) -> None:
    folder = book(**files)
    with pytest.raises(DataFileError) as raised:
        load_rule_book(folder)
    assert str(raised.value).startswith(f"{folder}/{where}")
    assert problem in str(raised.value)


def test_a_missing_file_is_named_with_its_cure(book: Book) -> None:
    folder = book()
    (folder / "spelling.yml").unlink()
    with pytest.raises(DataFileError, match=r"spelling\.yml: no such file; restore it from git"):
        load_rule_book(folder)


TEN, THREE = " ".join(["und"] * 10), "und und und"
MEANT = [
    # a finding alone, by its stem, as a regular expression, as a phrase of its own
    ("apple", "two Apples!", True),
    ("apple", "a pear", False),
    ("number", "it says 345", True),
    ("number", "it says 3456", False),
    ('"green twig"', "many green twigs", True),
    ('"green twig"', "a twig is green", False),
    ("young", "aged 7", True),
    ("young", "aged 70", False),
    # a ~ b: in this order, at most 3 words between
    ("apple ~ berry", "apple berry", True),
    ("apple ~ berry", f"apple {THREE} berry", True),
    ("apple ~ berry", f"apple {THREE} und berry", False),
    ("apple ~ berry", "berry apple", False),
    ("apple ~ berry ~ cherry", "apple und berry und cherry", True),
    ("apple ~ berry ~ cherry", "apple und cherry und berry", False),
    # a & b: in any order, at most 10 words between
    ("apple & berry", f"berry {TEN} apple", True),
    ("apple & berry", f"apple {TEN} und berry", False),
    ("apple & berry", "only an apple", False),
    ("apple & berry & cherry", f"apple {TEN} berry und cherry", True),  # each near one of the others
    ("apple & berry & cherry", f"apple {TEN} und berry und cherry", False),
    ("apple & berry & cherry", "cherry, apple. Berry!", True),
    # a + b: anywhere
    ("apple + berry", f"berry {TEN} {TEN} apple", True),
    ("apple + berry", "berry and berry", False),
    # !a: not in the message
    ("apple + !berry", "apple", True),
    ("apple + !berry", f"apple {TEN} {TEN} berry", False),
    ("apple + !berry", "apple but no berry", False),  # a denied one is still in the message
    ("apple + !cherry", "apple und cherry", False),
    # ~ binds tighter than &, & tighter than +
    ("cherry & apple ~ berry", f"apple und berry {TEN} cherry", True),
    ("cherry & apple ~ berry", f"berry und apple {TEN} cherry", False),
    ("apple & berry + cherry", f"apple und berry {TEN} {TEN} cherry", True),
    ("apple & berry + cherry", f"apple und cherry {TEN} {TEN} berry", False),
    # the nearest of several is taken
    ("apple & berry", f"apple {TEN} {TEN} apple berry", True),
    # context: denied, over, general, a manner of speech
    ("apple", "no apple", False),
    ("apple", "no but apple", True),
    ("cherry", "no cherry", True),  # an anchor is never denied
    ("apple", "apple years ago", False),
    ("scar", "a scar years ago", True),  # lasting
    ("gadget", "does a gadget help", False),
    ("apple", "does a apple help", True),  # only general ones go with a general question
    ("apple", "apple pie", False),
    ("apple", "apple pie and an apple", True),
]


@pytest.mark.parametrize(("pattern", "message", "raised"), MEANT)
def test_a_pattern_means_what_the_language_says(book: Book, pattern: str, message: str, raised: bool) -> None:
    flags = RedFlags(load_rule_book(book(kind=KIND.replace("'apple'", f"'{pattern}'"))))
    assert bool(flags.check(message)) is raised


def test_the_most_severe_kind_comes_first_and_each_once(book: Book) -> None:
    folder = book(kind=KIND.replace("['apple']", "['apple', 'apple & berry']"))
    (folder / "red_flags" / "a_worse_thing.yml").write_text(KIND.replace("urgent", "emergency").replace("'apple'", "'berry'"))
    flags = RedFlags(load_rule_book(folder))
    assert [flag.id for flag in flags.check("apple berry apple")] == ["a_worse_thing", "thing"]
    assert [(m.flag.id, m.pattern) for m in flags.matches("only apple")] == [("thing", "apple")]


def test_explain_shows_the_words_the_findings_and_what_stands(book: Book) -> None:
    explained = RedFlags(load_rule_book(book())).explain("No apple but a blue berry")
    assert explained["words"] == ["no", "apple", "but", "a", "blue", "berry"]
    assert ("apple", "apple", False) in explained["findings"]
    assert ("berry", "blue berry", True) in explained["findings"]
    assert explained["matches"] == []


@pytest.mark.parametrize("message", ["", "   ", "\n", "?!", "🦶", "\u200b"])
def test_a_message_without_words_raises_nothing(book: Book, message: str) -> None:
    assert RedFlags(load_rule_book(book())).check(message) == []


@pytest.mark.parametrize(("earlier", "message", "raised"), [
    (["an apple"], "and a berry", True),
    (["an apple?"], "and a berry", True),
    (["an apple", "so what"], "and a berry", True),
    (["an apple", "and a berry"], "so what", False),  # told with the second message
    (["an apple and a berry"], "so what", False),
    (["so what"], "an apple and a berry", False),  # told by the message itself
    (["an apple"], "no berry", False),
    (["an apple", *["so what and so on and so on and so on"] * 2], "and a berry", False),  # too far apart
    ([], "and a berry", False),
])
def test_messages_report_together_what_none_of_them_reports_alone(
    book: Book, earlier: list[str], message: str, raised: bool
) -> None:
    flags = RedFlags(load_rule_book(book(kind=KIND.replace("'apple'", "'apple & berry'"))))
    for _ in range(2):  # read, and out of memory
        assert [flag.id for flag in flags.check_with(message, earlier)] == (["thing"] if raised else [])
    flags.forget_messages()
    assert flags._findings.read.cache_info().currsize == flags._matched.cache_info().currsize == 0
