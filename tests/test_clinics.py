"""Clinics are files of their own, read strictly."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot.clinics import load_clinics
from bot.errors import DataFileError

REGIONS = {"us": None, "uk": None}
DEMO = """\
name: Riverside Foot Clinic
phone: "(555) 010-0199"
phone_href: "tel:+15550100199"
hours: Monday to Friday
booking: null
region: us
"""
KEYS = "name, phone, phone_href, hours, region, booking"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.yml").write_text(DEMO, encoding="utf-8")
    return tmp_path


def test_the_clinics_of_the_checkout_load(house) -> None:
    clinics = load_clinics(house.content.help_lines)
    assert "demo" in clinics
    assert all(clinic.region in house.content.help_lines for clinic in clinics.values())


def test_a_clinic_is_named_after_its_file(folder: Path) -> None:
    (folder / "north-side2.yml").write_text(DEMO.replace("null", "https://book.example"), encoding="utf-8")
    clinics = load_clinics(REGIONS, folder)
    assert list(clinics) == ["demo", "north-side2"]
    assert clinics["north-side2"].booking == "https://book.example" and clinics["demo"].booking is None


def test_booking_may_be_left_out(folder: Path) -> None:
    (folder / "demo.yml").write_text(DEMO.replace("booking: null\n", ""), encoding="utf-8")
    assert load_clinics(REGIONS, folder)["demo"].booking is None


@pytest.mark.parametrize(("old", "new", "where", "problem"), [
    ("hours: Monday", "colour: red\nhours: Monday", ":4", f"colour: unknown key; the keys here are: {KEYS}"),
    ('phone: "(555) 010-0199"\n', "", "", f"phone is missing; the keys here are: {KEYS}"),
    ("booking: null", "booking: http://book.example", ":5", "booking: must start with https://, or be null"),
    ("tel:+1555", "+1555", ":3", "phone_href: must start with tel:"),
    ("region: us", "region: mars", ":6", "region: 'mars' is none of: us, uk"),
    ("hours: Monday to Friday", "hours: 8", ":4",
     "hours: must be a text that is not empty (quote it if it looks like a number or yes/no)"),
    ("name: Riverside", "name: a\nname: Riverside", None, None),
])
def test_a_broken_clinic_is_refused(folder: Path, old: str, new: str, where: str | None, problem: str | None) -> None:
    path = folder / "demo.yml"
    assert old in DEMO
    path.write_text(DEMO.replace(old, new), encoding="utf-8")
    with pytest.raises(DataFileError) as raised:
        load_clinics(REGIONS, folder)
    if problem is None:  # ruamel's own words
        assert str(raised.value).startswith(f"{path}:2: not valid YAML: found duplicate key")
    else:
        assert str(raised.value) == f"{path}{where}: {problem}"


@pytest.mark.parametrize("name", ["North.yml", "north side.yml", "-x.yml", "é.yml", "a_b.yml"])
def test_a_file_name_that_no_address_can_hold_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text(DEMO, encoding="utf-8")
    with pytest.raises(DataFileError) as raised:
        load_clinics(REGIONS, folder)
    assert str(raised.value) == f"{folder / name}: a clinic's file is named in small letters, digits and hyphens"


def test_a_house_without_the_default_clinic_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError) as raised:
        load_clinics(REGIONS, tmp_path)
    assert str(raised.value) == f"{tmp_path / 'demo.yml'}: no such file; it is the clinic of last resort"


def test_an_unknown_clinic_is_spoken_for_by_the_default_one(house) -> None:
    assert house.speaker("no-such-clinic").clinic.id == house.speaker(None).clinic.id == "demo"
