"""What a text for visitors may not be: hard to read, or a promise that nobody can keep (content/never_say.yml)."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from bot.yaml_files import YamlMapping, read_mapping

GRADE = 8.0  # US school grade (Flesch and Kincaid) up to which a text for visitors may read
_DENIAL = re.compile(r"\b(?:not|no|none|never|cannot|nobody|nothing|without|neither)\b|n't\b", re.IGNORECASE)
_TOLD = re.compile(r"(?:The article|It)(?: also)? (?:says|claims|promises|calls)\b")


@dataclass(frozen=True, kw_only=True)
class NeverSay:
    """`claims`: over an answer's sentence; `red_flag`: each over what a red flag tells; `wrong_terms`: over any text."""

    claims: re.Pattern[str]
    red_flag: tuple[re.Pattern[str], ...]
    wrong_terms: re.Pattern[str]

    def said(self, text: str) -> list[str]:
        """Sentences of an answer or of the voice that say what is never said.

        A denial ("does not cure") and a question claim nothing; what the article says may be told where the next
        sentence denies it.
        """
        sentences = re.split(r"(?<=[.?!])\s+", text)
        found = []
        for sentence, following in zip(sentences, [*sentences[1:], ""]):
            hit = self.claims.search(sentence)
            if not hit or sentence.endswith("?") or _DENIAL.search(sentence[:hit.start()]) or sentence.endswith(" is false."):
                continue
            if not (_TOLD.match(sentence) and _DENIAL.search(following)):
                found.append(sentence)
        return found

    def said_by_red_flag(self, text: str) -> list[str]:
        """The words that a red flag may not tell, in a text of its own."""
        return [hit.group() for pattern in self.red_flag if (hit := pattern.search(text))]


def load_never_say(content: Path = ROOT / "content") -> NeverSay:
    """Raises:
        DataFileError: the file is missing or broken, or holds what is no regular expression.
    """
    file = read_mapping(content / "never_say.yml").expect(["claims", "red_flags", "wrong_terms"])
    return NeverSay(
        claims=_compiled(file, "claims", r"\b(?:%s)(?!\w)"), wrong_terms=_compiled(file, "wrong_terms", r"\b(?:%s)\b"),
        red_flag=tuple(re.compile(pattern, re.IGNORECASE) for pattern in _patterns(file, "red_flags")),
    )


def _compiled(file: YamlMapping, key: str, whole: str) -> re.Pattern[str]:
    return re.compile(whole % "|".join(_patterns(file, key)), re.IGNORECASE)


def _patterns(file: YamlMapping, key: str) -> tuple[str, ...]:
    patterns = file.texts(key)
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise file.fail(key, f"{pattern!r} is no regular expression: {error}") from None
    return patterns


def grade(text: str) -> float:
    """The US school grade at which a text reads."""
    import textstat

    return textstat.flesch_kincaid_grade(text)
