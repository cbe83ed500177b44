"""One clinic's file is read strictly: what nobody reads, or what would harm, is refused with line, key and cure."""
from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clinics.clinic import DEFAULT_COLOURS, OwnWords
from bot.clinics.clinic_file import OPTIONAL, REQUIRED, read_clinic
from bot.clinics.colours import contrast
from bot.clinics.origins import is_origin
from bot.content import TOPICS
from bot.errors import DataFileError
from bot.settings import ROOT

REGIONS = {"us": None, "uk": None}
WHOLE = """\
name: North
greeting: Hello from North.
contact:
  phone: "0117 496 0142"
  phone_href: "tel:+441174960142"
  email: a@b.example
  address: 4 Quay Lane
hours:
  time_zone: Europe/London
  open:
    mon-fri: ["8:30-12:30", "13:30-17:00"]
    sat: "22:00-2:00"
  closed: [2026-12-25, 2026-12-31 to 2027-01-02]
booking: https://north.example/book?a=1
region: uk
colours:
  accent: "#1D4E89"
  on_accent: "#ffffff"
  dark_accent: "#9cc4f0"
  on_dark_accent: "#0a1c33"
logo: https://north.example/logo.svg
allowed_origins: ["https://north.example", "http://localhost:8000"]
links: {privacy: "https://north.example/privacy", terms: null}
consent: I agree.
keep_days: 14
topics:
  off: [treatment_medication]
  own_words:
    massage_provider:
      short: We do it.
"""
KEYS = ", ".join((*REQUIRED, *OPTIONAL))
NOT_A_TEXT = "must be a text that is not empty (quote it if it looks like a number or yes/no)"
SPAN = 'must look like "8:00-17:00", or be a list of such times; put quotes around each'
DATE = "must be a list of dates such as 2026-12-25, or of spans such as 2026-12-24 to 2027-01-02"
HTTPS = "must be an address that starts with https://, or null"
ORIGIN = ("is no origin; write scheme and host in small letters, with no path, no closing slash and no *, such as "
          "https://www.clinic.example")
TOPIC_IDS = ", ".join(TOPICS)
ALL_BUT_TWO = [name for name in TOPICS if name != "massage_provider"][:-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "north.yml"


def read(path: Path, text: str):
    path.write_text(text, encoding="utf-8")
    return read_clinic(path, REGIONS)


def test_a_file_is_read_whole(path: Path) -> None:
    clinic, errors = read(path, WHOLE)
    assert errors == []
    assert (clinic.id, clinic.name, clinic.greeting, clinic.region) == ("north", "North", "Hello from North.", "uk")
    assert (clinic.phone, clinic.phone_href, clinic.email, clinic.address) == (
        "0117 496 0142", "tel:+441174960142", "a@b.example", "4 Quay Lane")
    assert clinic.hours.week == (((510, 750), (810, 1020)),) * 5 + (((1320, 1560),), ())
    assert clinic.hours.zone.key == "Europe/London"
    assert clinic.hours.closed == {dt.date(2026, 12, 25), dt.date(2026, 12, 31), dt.date(2027, 1, 1), dt.date(2027, 1, 2)}
    assert (clinic.booking, clinic.logo) == ("https://north.example/book?a=1", "https://north.example/logo.svg")
    assert clinic.colours == {
        "accent": "#1d4e89", "on_accent": "#ffffff", "dark_accent": "#9cc4f0", "on_dark_accent": "#0a1c33"}
    assert clinic.allowed_origins == ("https://north.example", "http://localhost:8000")
    assert (clinic.privacy, clinic.terms) == ("https://north.example/privacy", None)
    assert (clinic.consent, clinic.keep_days) == ("I agree.", 14)
    assert clinic.topics_off == {"treatment_medication"}
    assert clinic.own_words == {"massage_provider": OwnWords(short="We do it.")}


@pytest.mark.parametrize("keys", [[], *([key] for key in OPTIONAL), OPTIONAL])
def test_what_may_be_left_out_may_be_null_too(path: Path, keys) -> None:
    text = WHOLE.partition("hours:")[0].replace("greeting: Hello from North.\n", "") + "region: uk\n"
    clinic, errors = read(path, text + "".join(f"{key}: null\n" for key in keys))
    assert errors == []
    assert clinic.hours is clinic.booking is clinic.logo is clinic.keep_days is clinic.consent is clinic.greeting is None
    assert (clinic.colours, clinic.allowed_origins, clinic.topics_off) == (DEFAULT_COLOURS, (), frozenset())


@pytest.mark.parametrize(("old", "new", "where", "problem"), [
    # keys
    ("name: North", "nmae: x\nname: North", ":1", f"nmae: unknown key; the keys here are: {KEYS}"),
    ("name: North\n", "", "", f"name is missing; the keys here are: {KEYS}"),
    ("region: uk\n", "", "", f"region is missing; the keys here are: {KEYS}"),
    ("  phone:", "  fone: x\n  phone:", ":4", "contact.fone: unknown key; the keys here are: phone, phone_href, email, address"),
    ('  phone_href: "tel:+441174960142"\n', "", "",
     "contact.phone_href is missing; the keys here are: phone, phone_href, email, address"),
    ("terms: null", "imprint: null", ":23", "links.imprint: unknown key; the keys here are: privacy, terms"),
    ("  off:", "  red_flags: off\n  off:", ":27", "topics.red_flags: unknown key; the keys here are: off, own_words"),
    ("      short:", "      caveat: none\n      short:", ":30",
     "topics.own_words.massage_provider.caveat: unknown key; the keys here are: short, detail"),
    # words and links
    ("name: North", "name: 5", ":1", f"name: {NOT_A_TEXT}"),
    ("name: North", "name: null", ":1", f"name: {NOT_A_TEXT}"),
    ("name: North", f"name: {'n' * 121}", ":1", "name: has 121 characters; at most 120 fit"),
    ("name: North", 'name: "No\\nrth"', ":1",
     "name: holds a line break or a sign that cannot be seen; write it in plain letters on one line"),
    ("region: uk", "region: mars", ":15", "region: 'mars' is none of: us, uk"),
    ("https://north.example/book?a=1", "http://north.example", ":14", f"booking: {HTTPS}"),
    ("https://north.example/book?a=1", "javascript:alert(1)", ":14", f"booking: {HTTPS}"),
    ("https://north.example/book?a=1", "https://", ":14", f"booking: {HTTPS}"),
    ("https://north.example/book?a=1", "https://user@north.example/", ":14", f"booking: {HTTPS}"),
    ("https://north.example/logo.svg", '"https://a;script-src/x"', ":21", f"logo: {HTTPS}"),
    ("https://north.example/logo.svg", '"https://[a"', ":21", f"logo: {HTTPS}"),
    ("https://north.example/privacy", "/privacy", ":23", f"links.privacy: {HTTPS}"),
    ("a@b.example", "a at b", ":6", "contact.email: must look like care@clinic.example, or be null"),
    ("tel:+441174960142", "+441174960142", ":5",
     "contact.phone_href: must start with tel: and hold the number in digits, such as tel:+15550100199"),
    ("tel:+441174960142", "tel:+441174960143", ":5", "contact.phone_href: calls another number than phone shows"),
    ("keep_days: 14", "keep_days: 0", ":25", "keep_days: must be a whole number of days from 1 to 3650, or null"),
    ("keep_days: 14", "keep_days: yes", ":25", "keep_days: must be a whole number of days from 1 to 3650, or null"),
    ("keep_days: 14", "keep_days: true", ":25", "keep_days: must be a whole number of days from 1 to 3650, or null"),
    # sites
    ('["https://north.example", ', "['*', ", ":22", f"allowed_origins: '*' {ORIGIN}"),
    ('["https://north.example", ', "['null', ", ":22", f"allowed_origins: 'null' {ORIGIN}"),
    ('["https://north.example", ', '["https://north.example/", ', ":22", f"allowed_origins: 'https://north.example/' {ORIGIN}"),
    ('["https://north.example", ', "https://north.example #", ":22",
     "allowed_origins: must be a list of texts; quote an item that YAML reads otherwise"),
    # colours
    ('on_accent: "#ffffff"', 'on_accent: "#7f9fc0"', ":18",
     "colours.on_accent: contrast with accent is 3.04:1; text needs at least 4.5:1, so take a lighter or a darker one"),
    ('on_dark_accent: "#0a1c33"', 'on_dark_accent: "#ffffff"', ":20",
     "colours.on_dark_accent: contrast with dark_accent is 1.81:1; text needs at least 4.5:1, so take a lighter or a darker one"),
    ('  on_dark_accent: "#0a1c33"\n', "", ":19",
     "colours.dark_accent: dark_accent and on_dark_accent go together; give both or neither"),
    ('accent: "#1D4E89"', "accent: blue", ":17", 'colours.accent: must look like "#0b5e57", in quotes'),
    ('accent: "#1D4E89"', "accent: #1D4E89", ":18",
     "colours.on_accent: accent and on_accent go together; give both or neither"),
    ('accent: "#1D4E89"', 'focus: "#1D4E89"', ":17",
     "colours.focus: unknown key; the keys here are: accent, on_accent, dark_accent, on_dark_accent"),
    # hours
    ("Europe/London", "Europe/Bristol", ":9",
     "hours.time_zone: 'Europe/Bristol' is no time zone; use a name such as America/New_York or Europe/London"),
    ("Europe/London", "../../etc/passwd", ":9",
     "hours.time_zone: '../../etc/passwd' is no time zone; use a name such as America/New_York or Europe/London"),
    ("Europe/London", "Europe", ":9",
     "hours.time_zone: 'Europe' is no time zone; use a name such as America/New_York or Europe/London"),
    ("    sat:", "    saturday:", ":12",
     "hours.open.saturday: unknown day; the days are mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"),
    ("    sat:", "    fri-mon:", ":12",
     "hours.open.fri-mon: unknown day; the days are mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"),
    ("    sat:", "    fri-sat:", ":12", "hours.open.fri-sat: fri stands twice; name each day once"),
    ('"22:00-2:00"', "8 to 5", ":12", f"hours.open.sat: {SPAN}"),
    ('"22:00-2:00"', "[]", ":12", f"hours.open.sat: {SPAN}"),
    ('"22:00-2:00"', "8", ":12", f"hours.open.sat: {SPAN}"),
    ('"22:00-2:00"', '"8:60-9:00"', ":12", f"hours.open.sat: {SPAN}"),
    ('"22:00-2:00"', '"24:00-25:00"', ":12",
     "hours.open.sat: 24:00-25:00: times go from 0:00 to 24:00, and a closing time differs from its opening time"),
    ('"22:00-2:00"', '"9:00-9:00"', ":12",
     "hours.open.sat: 9:00-9:00: times go from 0:00 to 24:00, and a closing time differs from its opening time"),
    ('"13:30-17:00"', '"12:00-17:00"', ":10", "hours.open: mon: an opening begins before the one above it has ended"),
    ('"13:30-17:00"', '"22:00-9:00"', ":10", "hours.open: mon: an opening begins before the one above it has ended"),
    ("[2026-12-25,", "[Christmas,", ":13", f"hours.closed: Christmas: {DATE}"),
    ("[2026-12-25, 2026-12-31 to 2027-01-02]", "2026-12-25", ":13", f"hours.closed: {DATE}"),
    ("2026-12-31 to 2027-01-02", "2026-12-31 to 2026-01-02", ":13",
     "hours.closed: 2026-12-31 to 2026-01-02: the last date must follow the first within 366 days"),
    ("2026-12-31 to 2027-01-02", "2026-12-31 to 2027-02-30", ":13", "hours.closed: 2026-12-31 to 2027-02-30: no such date"),
    # topics
    ("[treatment_medication]", "[stroke]", ":27", f"topics.off: 'stroke' is none of: {TOPIC_IDS}"),
    ("[treatment_medication]", "treatment_medication", ":27",
     "topics.off: must be a list of texts; quote an item that YAML reads otherwise"),
    ("[treatment_medication]", f"[{', '.join(ALL_BUT_TWO)}]", ":27", "topics.off: at least 3 topics must stay on"),
    ("    massage_provider:", "    massage:", ":29", f"topics.own_words.massage: unknown topic; the topics are: {TOPIC_IDS}"),
    ("    massage_provider:", "    treatment_medication:", ":29",
     "topics.own_words.treatment_medication: is switched off, too; take it out of one of the two places"),
    ("short: We do it.", "short: null", ":29", "topics.own_words.massage_provider: needs short, detail, or both"),
    ("short: We do it.", f"short: {'w' * 601}", ":30",
     "topics.own_words.massage_provider.short: has 601 characters; at most 600 fit"),
])
def test_what_is_wrong_is_refused(path: Path, old: str, new: str, where: str, problem: str) -> None:
    assert old in WHOLE
    clinic, errors = read(path, WHOLE.replace(old, new, 1))
    assert clinic is None
    assert [str(error) for error in errors] == [f"{path}{where}: {problem}"]


def test_an_opening_of_sunday_night_must_not_run_into_monday(path: Path) -> None:
    assert read(path, WHOLE.replace("    sat: \"22:00-2:00\"", "    sun: \"22:00-8:30\""))[1] == []
    _, errors = read(path, WHOLE.replace("    sat: \"22:00-2:00\"", "    sun: \"22:00-8:31\""))
    assert [error.problem for error in errors] == ["hours.open: sun: an opening begins before the one above it has ended"]


def test_signs_that_cannot_be_seen_are_refused(path: Path) -> None:
    _, errors = read(path, WHOLE.replace("Hello from North.", '"Hello\\u202e North"'))
    assert [error.problem.partition(":")[0] for error in errors] == ["greeting"]


def test_all_errors_are_told_in_the_order_of_the_file(path: Path) -> None:
    text = WHOLE.replace("region: uk", "region: mars").replace("name: North", "name: 5").replace("off: [t", "off: [x").replace("a@b", "ab")
    _, errors = read(path, text)
    assert [error.line for error in errors] == [1, 6, 15, 27]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == contrast("#ffffff", "#777777") == pytest.approx(4.478, abs=0.001)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.542, abs=0.001)


@pytest.mark.parametrize(("on_accent", "fine"), [("#777777", False), ("#767676", True)])
def test_contrast_just_below_is_refused_and_just_above_is_not(path: Path, on_accent: str, fine: bool) -> None:
    text = WHOLE.replace("#1D4E89", "#ffffff").replace('on_accent: "#ffffff"', f'on_accent: "{on_accent}"')
    _, errors = read(path, text)
    assert (errors == []) is fine
    assert fine or "is 4.47:1; text needs at least 4.5:1" in str(errors[0])


@pytest.mark.parametrize(("origin", "legal"), [
    ("https://a.example", True), ("https://www.a-b.example:8443", True), ("http://localhost", True),
    ("http://localhost:3000", True), ("http://127.0.0.1:5000", True), ("https://xn--bcher-kva.example", True),
    ("http://a.example", False), ("https://A.example", False), ("https://a.example/", False), ("https://a.example:443", False),
    ("https://*.example", False), ("*", False), ("null", False), ("https://a.example/path", False), ("a.example", False),
    ("https://localhost.evil.example", True), ("http://localhost.evil.example", False), ("https://a.example\n", False),
    ("https://u@a.example", False), ("https://-a.example", False), ("http://localhost:80", False), ("", False),
])
def test_origins_are_written_as_browsers_send_them(origin: str, legal: bool) -> None:
    assert is_origin(origin) is legal


def test_the_default_colours_can_be_read() -> None:
    assert contrast(DEFAULT_COLOURS["accent"], DEFAULT_COLOURS["on_accent"]) >= 4.5


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.sampled_from(TOPICS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([*REQUIRED, *OPTIONAL, "phone", "open", "off", "own_words", "short", "mon", *TOPICS[:3]]) | st.integers(),
        inner, max_size=4),
    max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*REQUIRED, *OPTIONAL]), VALUES))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, values) -> None:
    from io import StringIO

    from ruamel.yaml import YAML

    out = StringIO()
    YAML(typ="safe").dump(values, out)
    clinic, errors = read(tmp_path_factory.mktemp("fuzz") / "x.yml", out.getvalue())
    assert (clinic is None) == bool(errors)
    assert all(isinstance(error, DataFileError) for error in errors)


def test_the_example_clinic_uses_every_key() -> None:
    """It is what others copy from."""
    from bot.yaml_files import read_mapping

    assert set(read_mapping(ROOT / "clinics" / "harbour.yml")) == {*REQUIRED, *OPTIONAL}
