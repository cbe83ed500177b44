"""Finds phones, cards, record numbers and e-mail addresses in a message.

Any run of 7 digits or more is one of them, whatever stands between the digits; what is shorter counts only beside a
word that announces it ("MRN 44-82-91"). Doses, years and help lines are told apart by their form.
"""
from __future__ import annotations

import re
from collections.abc import Collection, Iterator

Span = tuple[int, int, str]  # first character, one past the last, kind
LEAST_DIGITS = 7

_RUN = re.compile(r"(?:\+\s?)?\(?\d(?:[ \t]{0,2}[-–.,()/]{0,2}[ \t]{0,2}\d)*")
_EXTENSION = re.compile(r"\s*(?:\bext\b\.?|\bextension\b|\bx)\s*\d{1,6}\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d")
_PRESSURES = re.compile(r"\d{2,3}/\d{2,3}(?:[ ,]+\d{2,3}(?:/\d{2,3})?)*")
_SMALL = re.compile(r"\d{1,3}(?:[,/ -]+\d{1,3}){2,}")  # a series of readings, where a unit follows
_DECIMAL = re.compile(r"\d{1,3}\.\d+")
_READINGS = re.compile(r"(?:\d{1,3}(?:\.\d+)?|(?:19|20)\d\d)(?:,\s?(?:\d{1,3}(?:\.\d+)?|(?:19|20)\d\d)){2,}")
_MILLIONS = re.compile(r"[1-9]\d{0,2}0{6,9}")
_UNIT = re.compile(r"\s?(?:mg|mcg|ml|units?|iu|mmol|mm|cm|km|bpm|minutes?|mins?|hours?|days?|weeks?|months?|years?|steps)\b",
                   re.IGNORECASE)
# The letter O for a nought: where several digits stand around it.
_LETTER_O = re.compile(r"(?<![A-Za-z\d])[\dOo][\dOo -]{7,}[\dOo](?![A-Za-z\d])")
_CODES = re.compile(
    r"\b[A-Za-z]{1,5}[-./]?\d{6,}[A-Za-z]{0,2}\b|\b[A-Z]{2}\s?\d\d\s?\d\d\s?\d\d\s?[A-D]\b|\b[A-Za-z]{5}\d{4}[A-Za-z]\b"
    r"|\b[A-Z]{2}\d\d(?:\s?[A-Z0-9]{4}){3,}(?:\s?[A-Z0-9]{1,4})?\b|\b\d[A-Z][A-Z0-9]\d-[A-Z][A-Z0-9]\d-[A-Z]{2}\d\d\b"
    r"|\b[A-Z]{3}\d{4,}[A-Z]?\b"
)
_RECORD_CUE = re.compile(
    r"\b(?:mrn|(?:medical |health |lab |test |hospital |patient |case |military |va )?(?:record|file|chart)s?|patient|hospital|nhs"
    r"|medicare|medicaid|ssn|social(?: security)?|member(?:ship)?|policy|insurance|(?:health|insurance) card|aadhaar|aadhar"
    r"|pps|ppsn|case|passport|licen[cs]e|reference|ref|claim|accounts?|acct|a/c|sort code|routing|iban|group|id|chi|ihi"
    r"|uhid|abha|urn|pan|national insurance|ni|tax|prescription|rx|encounter|visit|appointment|booking|ticket|order"
    r"|confirmation|invoice|lab result|test result|card|cvv|cvc|pin|visa|amex|mastercard|debit|credit)\b"
    r"(?:[\s:=#(.-]*\b(?:number|no|num|nr|nbr|id|is|was|says?|card|code|results?|my|the|ending|ends|in|ref|reference|acct|account"
    r"|security|for|it|its)\b)*[\s:=#(.-]*", re.IGNORECASE)
_RECORD = re.compile(r"#?(?:[A-Za-z]{1,5}[-./]?|[A-Z]{1,3} )?\d[\w./-]*(?: (?:\d[\w-]*|[A-Z]{1,4}\b(?! ?[a-z])))*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SHORT_CUES = re.compile(r"\b(?:cvv|cvc|pin)\b", re.IGNORECASE)

_EMAILS = (
    re.compile(r"[\w.+%-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+"),
    re.compile(r"[\w.+%-]+(?:\s(?:dot|underscore|dash|hyphen|plus)\s[\w+-]+)*\s?(?:\(\s?at\s?\)|\[\s?at\s?\]|\bat\b)\s?(?!(?:the|a|my)\b)"
               r"[\w-]+(?:\s?(?:\(\s?dot\s?\)|\[\s?dot\s?\]|\bdot\b)\s?[a-z]{2,})+", re.IGNORECASE),
    re.compile(r"[\w.+%-]+(?:\s(?:dot|underscore|dash|hyphen|plus)\s[\w+-]+)*\sat\s"
               r"(?:gmail|yahoo|hotmail|outlook|icloud|proton)\b(?:\.\w+)*", re.IGNORECASE),
    re.compile(r"(?<!\w)@\w{3,}"),
)

_SPOKEN = {word: 1 for word in ("zero", "oh", "o", "nought", "naught", "nil", "one", "two", "three", "four", "five", "six",
                                "seven", "eight", "nine")}
_SPOKEN_TENS = {word: 2 for word in (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")}
_REPEATS = {"double": 1, "treble": 2, "triple": 2}  # digits more than the word after it says
_WORD = re.compile(r"\+?\d+|[A-Za-z]+")
_BETWEEN_SPOKEN = re.compile(r"[\s,.–-]{1,3}")


def find_emails(text: str) -> Iterator[Span]:
    for pattern in _EMAILS:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "email"


def find_numbers(text: str, help_lines: Collection[str]) -> Iterator[Span]:
    """Phones, cards and record numbers.

    Args:
        help_lines: numbers in bare digits that everybody may read: the help lines of all regions.
    """
    for match in _RUN.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) >= LEAST_DIGITS and digits not in help_lines and not _is_quantity(match, text):
            extension = _EXTENSION.match(text, match.end())
            yield *_whole(text, match.start(), extension.end() if extension else match.end()), "number"
    for match in _LETTER_O.finditer(text):
        if sum(c.isdigit() for c in match.group()) >= 5 and re.search("[Oo]", match.group()):
            yield match.start(), match.end(), "number"
    for match in _CODES.finditer(text):
        yield match.start(), match.end(), "number"
    yield from _find_announced(text, help_lines)
    yield from _find_spoken(text)


def _is_quantity(match: re.Match[str], text: str) -> bool:
    """Thousands and millions, spans of years, blood pressures, decimals, and readings in a row."""
    run = match.group()
    if any(form.fullmatch(run) for form in (_THOUSANDS, _YEARS, _PRESSURES, _DECIMAL, _READINGS, _MILLIONS)):
        return True
    return _SMALL.fullmatch(run) is not None and _UNIT.match(text, match.end()) is not None


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The run with the letters and signs that are grown together with it ("H0042187")."""
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "#(+"):
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    if re.match(r"[-/][A-Za-z0-9]+\b", text[end:]):
        end += re.match(r"[-/][A-Za-z0-9]+\b", text[end:]).end()  # type: ignore[union-attr]
    return start, end


def _find_announced(text: str, help_lines: Collection[str]) -> Iterator[Span]:
    for cue in _RECORD_CUE.finditer(text):
        match = _RECORD.match(text, cue.end())
        if match is None:
            continue
        digits = re.sub(r"\D", "", match.group())
        least = 3 if _SHORT_CUES.search(cue.group()) else 4
        if len(digits) >= least and digits not in help_lines and not _YEAR.fullmatch(match.group().strip()):
            yield match.start(), match.end(), "number"


def _find_spoken(text: str) -> Iterator[Span]:
    """Digits said aloud: "oh seven seven double oh nine …", also mixed with written ones."""
    run: list[tuple[re.Match[str], str]] = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if run and not _BETWEEN_SPOKEN.fullmatch(text[run[-1][0].end():match.start()]):
            yield from _spoken(run)
            run = []
        if word in _SPOKEN or word in _SPOKEN_TENS or word in _REPEATS or word.lstrip("+").isdigit() or word == "plus":
            run.append((match, word))
        else:
            yield from _spoken(run)
            run = []
    yield from _spoken(run)


def _spoken(run: list[tuple[re.Match[str], str]]) -> Iterator[Span]:
    count, in_row, most_in_row, after_tens = 0, 0, 0, False
    for _, word in run:
        digit = _SPOKEN.get(word, 0)
        if word in _SPOKEN_TENS:
            count += 2
        elif digit and not after_tens:  # "forty two" is two digits in all
            count += digit
        elif not digit:
            count += _REPEATS.get(word, len(word.lstrip("+")) if word.lstrip("+").isdigit() else 0)
        in_row = in_row + 1 if digit or word in _REPEATS else 0
        most_in_row = max(most_in_row, in_row)
        after_tens = word.endswith("ty")
    if count >= LEAST_DIGITS and most_in_row >= 3:  # "three forty, three ten" are readings
        yield run[0][0].start(), run[-1][0].end(), "number"
