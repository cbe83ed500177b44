"""Finds dates of birth in a message: any date with day, month and year, and shorter ones beside a word of birth."""
from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int, str]

_MONTH = (r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
          r"|nov(?:ember)?|dec(?:ember)?)\b\.?")
_ONES = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_DAY = (rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty[- ]|thirty[- ])?(?:{_ONES})|tenth|eleventh|twelfth|thirteenth|fourteenth"
        r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)\b")
_TENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_SPOKEN_YEAR = (rf"(?:nineteen|twenty|two thousand)(?:[ -](?:and|hundred|oh|{_TENS}|{_UNITS})){{1,3}}\b")
_YEAR = rf"(?:(?:18|19|20)\d\d\b|['’]\d\d\b|{_SPOKEN_YEAR})"
_DAY_MONTH = rf"(?:\bthe )?\b{_DAY}(?:\s+of|\s?[-/.,])?\s*{_MONTH}"
_MONTH_DAY = rf"\b{_MONTH}\s*[-/.,]?\s*(?:the )?{_DAY}"
_NUMERIC = r"(?<![\d.])(?:\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:\d{4}|\d{2})|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?![\d.]*\d)"
_FULL = re.compile(
    rf"{_DAY_MONTH}\s*[-/.,]?\s*{_YEAR}|{_MONTH_DAY}\s*[-/.,]?\s*{_YEAR}|{_NUMERIC}", re.IGNORECASE)
_HOLIDAY = r"(?:christmas|xmas|new year'?s?|boxing|valentine'?s?|easter|halloween|st\.? patrick'?s?)(?:\s(?:day|eve))?"
_PARTIAL = (rf"(?:{_DAY_MONTH}(?:\s*,?\s*(?:{_YEAR}|\d\d\b))?|{_MONTH_DAY}(?:\s*,?\s*(?:{_YEAR}|\d\d\b))?"
            rf"|{_HOLIDAY}(?:,?\s*{_YEAR})?|{_NUMERIC}|\d{{1,2}}[ .]\d{{1,2}}[ .]\d{{2,4}}\b|\d{{1,2}}/\d{{1,2}}\b|\d{{6}}\b)")
_CUE = (r"(?:\bd\.?\s?o\.?\s?b\b\.?|\bdate of birth|\bbirth\s?-?date|\bbirth\s?-?day|\bb-?day|\bbirth\b|\bborn\b|\bb\.)")
_AFTER_CUE = re.compile(
    rf"{_CUE}(?:[\s:=,-]*\b(?:is|was|on|in|the|it|it's|its|falls|day|date|number|being|around)\b)*[\s:=,(-]*(?P<date>{_PARTIAL})",
    re.IGNORECASE)
_BEFORE_CUE = re.compile(rf"(?P<date>{_PARTIAL})[\s,)]*(?:\b(?:is|was|as|my|our|her|his|i|when)\b[\s,]*){{0,4}}(?:birthday|b-?day|born)",
                         re.IGNORECASE)
_SHORT_CUE = re.compile(rf"\bb\.\s*{_PARTIAL}", re.IGNORECASE)


def find_dates(text: str) -> Iterator[Span]:
    for match in _FULL.finditer(text):
        if _may_be_date(match.group()):
            yield match.start(), match.end(), "date"
    for pattern in (_AFTER_CUE, _BEFORE_CUE):
        for match in pattern.finditer(text):
            yield match.start("date"), match.end("date"), "date"
    for match in _SHORT_CUE.finditer(text):
        yield match.start(), match.end(), "date"


def _may_be_date(text: str) -> bool:
    """Whether the numbers can be day and month ("40/50/60" is no date)."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    if not re.fullmatch(r"[\d\s./-]+", text) or len(parts) != 3:
        return True
    day, month = sorted(parts[1:] if parts[0] > 1_000 else parts[:2])[::-1]
    return 1 <= month <= 12 and 1 <= day <= 31
