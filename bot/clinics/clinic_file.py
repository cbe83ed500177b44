"""Reads one clinic's file, and tells all that is wrong with it at once."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bot.clinics.clinic import DEFAULT_COLOURS, Clinic, OwnWords
from bot.clinics.colours import LEAST_CONTRAST, contrast, is_colour
from bot.clinics.hours_file import read_hours
from bot.clinics.origins import is_origin
from bot.content import TOPICS
from bot.errors import DataFileError
from bot.text import clean
from bot.yaml_files import YamlMapping, read_mapping

T = TypeVar("T")
REQUIRED = ("name", "contact", "region")
OPTIONAL = ("greeting", "hours", "booking", "logo", "links", "consent", "keep_days", "inbox", "colours", "allowed_origins", "topics")
COLOUR_PAIRS = (("accent", "on_accent"), ("dark_accent", "on_dark_accent"))
LEAST_TOPICS = 3  # what is left on; a clarifying question and a refusal have something to offer
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_TEL = re.compile(r"tel:\+?[0-9]{3,15}")
_HTTPS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:[/?#][^\s<>\"'\\]*)?")
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_LINE, _PARAGRAPH, _ANSWER = 120, 600, 4_000  # characters that a bubble or a button holds


def read_clinic(path: Path, regions: Mapping[str, object]) -> tuple[Clinic | None, list[DataFileError]]:
    """(clinic, []) or (None, each thing that is wrong).

    Args:
        regions: the regions that content/help_lines.yml has numbers for.
    """
    if path.suffix != ".yml" or not _ID.fullmatch(path.stem):
        return None, [DataFileError(path, "a clinic's file is named in small letters, digits and hyphens, and ends in .yml")]
    try:
        file = read_mapping(path)
    except DataFileError as error:
        return None, [error]
    return _Reading(file).clinic(path.stem, regions)


class _Reading:
    """One pass over a file. An error is kept and the pass goes on, so that a clinic mends its file in one go."""

    def __init__(self, file: YamlMapping) -> None:
        self._file = file
        self._errors: list[DataFileError] = []

    def clinic(self, clinic_id: str, regions: Mapping[str, object]) -> tuple[Clinic | None, list[DataFileError]]:
        file = self._file
        self._errors += file.wrong_keys(REQUIRED, OPTIONAL)
        contact = self._part("contact", ["phone", "phone_href"], ["email", "address"])
        links = self._part("links", [], ["privacy", "terms"])
        topics = self._part("topics", [], ["off", "own_words"])
        fields: dict[str, Any] = {
            "name": self._try("name", lambda: _words(file, "name", _LINE)),
            "region": self._try("region", lambda: file.one_of("region", regions)),
            "greeting": self._try("greeting", lambda: _words(file, "greeting", _PARAGRAPH)),
            "consent": self._try("consent", lambda: _words(file, "consent", _PARAGRAPH)),
            "booking": self._try("booking", lambda: _https(file, "booking")),
            "logo": self._try("logo", lambda: _https(file, "logo")),
            "keep_days": self._try("keep_days", lambda: _days(file, "keep_days")),
            "inbox": self._try("inbox", lambda: _yes(file, "inbox")) or False,
            "hours": self._try("hours", lambda: read_hours(file.mapping("hours"))),
            "allowed_origins": self._try("allowed_origins", lambda: _origins(file)) or (),
            "colours": self._try("colours", lambda: _colours(file.mapping("colours"))) or DEFAULT_COLOURS,
            "phone": self._try("phone", lambda: _words(contact, "phone", _LINE), contact),
            "phone_href": self._try("phone_href", lambda: _telephone(contact), contact),
            "email": self._try("email", lambda: _email(contact), contact),
            "address": self._try("address", lambda: _words(contact, "address", _PARAGRAPH), contact),
            "privacy": self._try("privacy", lambda: _https(links, "privacy"), links),
            "terms": self._try("terms", lambda: _https(links, "terms"), links),
            "topics_off": self._try("off", lambda: _topics_off(topics), topics) or frozenset(),
            "own_words": self._try("own_words", lambda: _own_words(topics), topics) or {},
        }
        if self._errors:
            return None, sorted(self._errors, key=lambda error: error.line or 0)
        clinic = Clinic(id=clinic_id, **fields)
        return clinic, []

    def _part(self, key: str, required: list[str], optional: list[str]) -> YamlMapping:
        """A mapping within the file; an empty one where it is absent or broken."""
        part = self._try(key, lambda: self._file.mapping(key))
        if part is None:
            return YamlMapping({}, self._file.path)
        self._errors += part.wrong_keys(required, optional)
        return part

    def _try(self, key: str, read: Callable[[], T], file: YamlMapping | None = None) -> T | None:
        """What `read` makes of a key; None where the key is absent, null though it may be, or wrong."""
        file = self._file if file is None else file
        if key not in file or (file[key] is None and key not in (*REQUIRED, "phone", "phone_href")):
            return None
        try:
            return read()
        except DataFileError as error:
            self._errors.append(error)
            return None


def _words(file: YamlMapping, key: str, most: int) -> str:
    """A text as visitors will read it."""
    text = file.text(key)
    if len(text) > most:
        raise file.fail(key, f"has {len(text)} characters; at most {most} fit")
    if clean(text) != text or (most == _LINE and "\n" in text):
        raise file.fail(key, "holds a line break or a sign that cannot be seen; write it in plain letters on one line")
    return text


def _https(file: YamlMapping, key: str) -> str:
    url = file.text(key)
    if not _HTTPS.fullmatch(url):
        raise file.fail(key, "must be an address that starts with https://, or null")
    return url


def _telephone(file: YamlMapping) -> str:
    """The number that a tap calls. It must be the number that is shown: a wrong one sends people elsewhere."""
    href = file.text("phone_href")
    if not _TEL.fullmatch(href):
        raise file.fail("phone_href", "must start with tel: and hold the number in digits, such as tel:+15550100199")
    shown = re.sub(r"\D", "", str(file.get("phone") or "").replace("(0)", ""))
    if shown and not href.endswith(shown[-6:]):
        raise file.fail("phone_href", "calls another number than phone shows")
    return href


def _email(file: YamlMapping) -> str:
    email = file.text("email")
    if not _EMAIL.fullmatch(email):
        raise file.fail("email", "must look like care@clinic.example, or be null")
    return email


def _days(file: YamlMapping, key: str) -> int:
    days = file[key]
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3_650:
        raise file.fail(key, "must be a whole number of days from 1 to 3650, or null")
    return days


def _yes(file: YamlMapping, key: str) -> bool:
    if not isinstance(file[key], bool):
        raise file.fail(key, "must be true or false, or null")
    return file[key]


def _origins(file: YamlMapping) -> tuple[str, ...]:
    origins = file.texts("allowed_origins")
    for origin in origins:
        if not is_origin(origin):
            raise file.fail("allowed_origins", f"{origin!r} is no origin; write scheme and host in small letters, with no "
                                               "path, no closing slash and no *, such as https://www.clinic.example")
    return origins


def _colours(file: YamlMapping) -> Mapping[str, str]:
    names = [name for pair in COLOUR_PAIRS for name in pair]
    file.expect([], names)
    for pair in COLOUR_PAIRS:
        given = [name for name in pair if file.get(name) is not None]
        if len(given) == 1:
            raise file.fail(given[0], f"{pair[0]} and {pair[1]} go together; give both or neither")
        if not given:
            continue
        for name in pair:
            if not is_colour(file.text(name)):
                raise file.fail(name, "must look like \"#0b5e57\", in quotes")
        ratio = contrast(file.text(pair[0]), file.text(pair[1]))
        if ratio < LEAST_CONTRAST:
            # Rounded down: 4.49 must not read as the 4.5 that is asked.
            raise file.fail(pair[1], f"contrast with {pair[0]} is {int(ratio * 100) / 100:.2f}:1; text needs at least "
                                     f"{LEAST_CONTRAST}:1, so take a lighter or a darker one")
    return {**DEFAULT_COLOURS, **{name: file.text(name).lower() for name in names if file.get(name) is not None}}


def _topics_off(file: YamlMapping) -> frozenset[str]:
    topics = file.texts("off")
    for name in topics:
        if name not in TOPICS:
            raise file.fail("off", f"{name!r} is none of: {', '.join(TOPICS)}")
    if len(set(TOPICS) - set(topics)) < LEAST_TOPICS:
        raise file.fail("off", f"at least {LEAST_TOPICS} topics must stay on")
    return frozenset(topics)


def _own_words(file: YamlMapping) -> Mapping[str, OwnWords]:
    topics = file.mapping("own_words")
    own = {}
    for name in topics:
        if name not in TOPICS:
            raise topics.fail(str(name), f"unknown topic; the topics are: {', '.join(TOPICS)}")
        if isinstance(file.get("off"), list) and name in file["off"]:
            raise topics.fail(name, "is switched off, too; take it out of one of the two places")
        words = topics.mapping(name).expect([], ["short", "detail"])
        given = {key: _words(words, key, _PARAGRAPH if key == "short" else _ANSWER) for key in words if words[key] is not None}
        if not given:
            raise topics.fail(name, "needs short, detail, or both")
        own[name] = OwnWords(**given)
    return own
