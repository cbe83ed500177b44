"""Finds street addresses and post codes in a message."""
from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int, str]

_TYPE = (r"(?:(?i:street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|terrace|crescent|nagar|marg|highway|hwy|parkway)"
         r"|Av|AV|Dr|DR|Court|Ct|Circle|Cir|Place|Pl|Terr?|Close|Cres|Gardens?|Gdns|Grove|Square|Sq|Parade|Pde|Pkwy|Trail|Trl|Loop"
         r"|Way|Walk|Row|Mews|Quay|Hill|Rise|View|Wharf|Esplanade|Colony|Layout|Enclave|Chowk|Cross|Main|Alley|Plaza|Turnpike|Pike"
         r"|Park|Green|Vale|Heights|House|Villas?|Cottages?|Mansions?|Estate|Bypass|Brae|Wynd|Route)")
# What stands between a number and a word of these where no house is meant: "10 hours on the road", "5 mile drive".
_NOT_STREET = (r"(?!(?:hours?|hrs?|h|minutes?|mins?|min|days?|weeks?|wks?|months?|years?|yrs?|times?|miles?|mi|km|kms|k|feet|foot|ft|"
               r"inch(?:es)?|in|on|of|to|the|a|an|my|our|his|her|and|or|with|from|at|for|is|are|was|per|by|then|days'|x|mg|ml|"
               r"mcg|percent|degrees?|lbs?|kg|stone|blocks?|steps|laps|rounds|sessions?|more|into|down|up|off|over|when|i|I|if|so)\b)")
_UNIT = (r"(?:unit|flat|apartment|apt|suite|ste|plot|door|room|level|h\.?\s?no|lot|house|site|box)\.?\s*"
         r"(?:no\.?|number|num|#)?\s*#?\s*\d[\w/-]*|#\s?\d+\w?")
_STATE = (r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
          r"W[AIVY]|NSW|VIC|QLD|TAS|ACT|SA|NT)")
_POSTCODE_UK = r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b"
_EIRCODE = r"\b[AC-FHKNPRTV-Y]\d[\dW]\s?(?=[A-Z\d]*[A-Z])(?=[A-Z\d]*\d)[\dAC-FHKNPRTV-Y]{4}\b"
_ZIP = rf"\b{_STATE}\.?,?\s+\d{{4,5}}(?:-\d{{4}})?\b"
_CAPITAL = r"(?:[A-ZÀ-Ý][\w'’.-]*|\d+[A-Za-z]?(?:-[A-Z\d]+)?\b)"
_PIN = rf"\b[A-Z][a-z]+\s?[-–,]?\s?\d{{3}}\s?\d{{3}}\b"
_CONTINENTAL = r"\b(?:D-|F-|A-|CH-)?\d{5}\s[A-ZÀ-Ý][a-zà-ÿ]+\b"
# What may follow a street: its unit, its town and state in capitals, its code.
_TAIL = (rf"(?:,?\s*(?:{_UNIT}|{_POSTCODE_UK}|{_EIRCODE}|{_ZIP}|[-–]\s?\d{{5,6}}\b|\d{{4,6}}(?:-\d{{4}})?\b"
         rf"|Co\.?\s[A-Z]\w+|(?:[A-Z][\w'’-]+)(?:\s\d{{1,2}}\b)?|[A-Z]{{2,3}}\b))*")

_STREETS = (
    re.compile(rf"(?:(?i:{_UNIT})[\s,]+)?\b\d{{1,5}}[A-Za-z]?(?:[/-]\d{{1,4}}[A-Za-z]?)?(?:,\s+(?=[A-Z])|\s+)(?:[NSEWnsew]{{1,2}}\.?\s)?"
               rf"(?:{_NOT_STREET}[\w'’.-]+\s+){{1,4}}?{_TYPE}\b\.?{_TAIL}"),
    re.compile(rf"\b\d{{1,5}}[A-Za-z]?\sThe\s{_TYPE}\b{_TAIL}"),
    re.compile(rf"\b\d{{1,5}}\s(?i:county|state|farm|rural)\s(?i:road|route|highway|hwy)\s\d+{_TAIL}"),
    re.compile(rf"(?i:\bp\.?\s?o\.?\s?box\s#?\d+|\brural route\s\d+){_TAIL}"),
    re.compile(rf"\b(?i:{_UNIT}),\s*{_CAPITAL}(?:[\s,]+{_CAPITAL})*{_TAIL}"),
    re.compile(r"\b(?i:calle|rue|via|avenida|plaza|rua|avenue)\s(?:[\w'’]+\s){0,3}?\w+,?\s\d+" + rf"(?:,?\s{_CONTINENTAL})?"),
    re.compile(rf"\b\w+(?:straße|strasse|weg|platz|gasse|straat|laan|gatan|vej)\s\d+[a-z]?(?:,?\s{_CONTINENTAL})?"),
)
_LOWER_TAIL = re.compile(r"(?:,?\s(?!(?:and|my|i|is|can|do|what|for|with|since)\b)[a-z]+){1,3},?\s(?!(?:19|20)\d\d\b)\d{4,6}\b")
_CODES = re.compile(rf"{_POSTCODE_UK}|{_EIRCODE}|{_ZIP}|{_PIN}")
_CODE_CUE = re.compile(
    r"\b(?:post\s?code|zip(?: code)?|eircode|pin ?code)(?:\s(?:is|number))*[\s:=]*(?P<code>[A-Za-z\d]{2,5}[ -]?[A-Za-z\d]{0,4})",
    re.IGNORECASE)
_BEFORE_CODE = re.compile(rf"(?:{_CAPITAL}(?:\s?[,–-]\s?|\s)+)+$")
_FLOOR = re.compile(r"\b(?:\d+(?:st|nd|rd|th)|ground|first|second|third|fourth|top)\sfloor,?\s*$", re.IGNORECASE)
_UNIT_BEFORE = re.compile(rf"\b(?:{_UNIT}),?\s*$", re.IGNORECASE)
_CUE = re.compile(
    r"\b(?:address(?:\s(?:is|was|here))?[\s:=-]+|(?:live|lives|living|stay|staying|reside|resides|located|based|deliver|ship|send)\s"
    r"(?:\w+\s){0,2}?(?:at|to)\s+|come to\s+|moved to\s+|(?:i'?m|we'?re|i am|we are) at\s+)", re.IGNORECASE)
_CHUNK_END = re.compile(
    r"[?!;\n()]|\.\s|,?\s(?:and|i|my|can|do|does|is|are|what|where|any|please|thanks|the|we|nearest|if|for|with|but|bring|till|so|no"
    r"|feet|is)\s|$", re.IGNORECASE)


def find_addresses(text: str) -> Iterator[Span]:
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            start, end = _grown(text, match.start(), match.end())
            yield start, end, "address"
    for match in _CODES.finditer(text):
        start, end = _grown(text, match.start(), match.end())
        yield start, end, "address"
    for match in _CODE_CUE.finditer(text):
        if re.search(r"\d", match["code"]):
            yield match.start("code"), match.end("code"), "address"
    for cue in _CUE.finditer(text):
        end = _CHUNK_END.search(text, cue.end()).start()  # type: ignore[union-attr]
        chunk = text[cue.end():end]
        house = re.match(r"(?:\d+\w?\s|[A-Z]\w+\s)", chunk)
        if house and re.search(r"\d", chunk) and re.search(r"[A-Za-z]{3}", chunk) and not re.match(rf"\d+\s(?!{_NOT_STREET})", chunk):
            yield cue.end(), end, "address"


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """With the parts of the address before it, up to the first word in small letters, and a town in small letters."""
    for pattern in (_BEFORE_CODE, _FLOOR, _UNIT_BEFORE):
        before = pattern.search(text[:start])
        if before:
            start = before.start()
    lower = _LOWER_TAIL.match(text, end)
    return start, lower.end() if lower else end
