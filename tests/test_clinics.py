"""A folder of clinics: read at the start, followed while it changes; a bad file takes no other down."""
from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from bot.clinics import Clinics, load_clinics
from bot.clinics.folder import LOOK_EVERY, soon
from bot.errors import DataFileError

REGIONS = {"us": None, "uk": None}
DEMO = """\
name: Riverside Foot Clinic
contact: {phone: "(555) 010-0199", phone_href: "tel:+15550100199"}
region: us
"""
BAD = DEMO.replace("region: us", "region: mars")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float = LOOK_EVERY) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "demo", DEMO)
    write(tmp_path, "north", DEMO.replace("Riverside", "North"))
    return tmp_path


@pytest.fixture
def clinics(folder: Path, clock: Clock) -> Clinics:
    return Clinics(folder, REGIONS, clock=clock, later=lambda work: work())


def write(folder: Path, clinic_id: str, text: str) -> None:
    """As editors do it: a new file put in place of the old one."""
    draft = folder / "draft"
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, folder / f"{clinic_id}.yml")


def test_the_clinics_of_the_checkout_load(house, caplog) -> None:
    clinics = load_clinics(house.content.help_lines)
    assert set(clinics) >= {"demo", "harbour"} and caplog.text == ""
    assert clinics["demo"].region == "us" and clinics["harbour"].region == "uk"


def test_a_clinic_is_named_after_its_file(clinics: Clinics) -> None:
    assert list(clinics) == ["demo", "north"] and len(clinics) == 2
    assert clinics["north"].id == "north" and clinics["north"].name == "North Foot Clinic"
    assert "south" not in clinics and clinics.get("south") is None


def test_an_unknown_clinic_is_spoken_for_by_the_default_one(house) -> None:
    assert house.speaker("no-such-clinic").clinic.id == house.speaker(None).clinic.id == "demo"


# At the start

def test_a_bad_file_is_reported_in_one_line_and_left_out(folder: Path, caplog) -> None:
    write(folder, "north", BAD)
    write(folder, "south", DEMO)
    assert list(Clinics(folder, REGIONS)) == ["demo", "south"]
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'north.yml'}:3: region: 'mars' is none of: us, uk; the clinic is left out"]


def test_a_file_with_several_errors_is_still_one_line(folder: Path, caplog) -> None:
    write(folder, "north", BAD + "colour: red\n")
    Clinics(folder, REGIONS)
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'north.yml'}:3: region: 'mars' is none of: us, uk (and 1 more; run: python -m bot clinic check); "
        "the clinic is left out"]


@pytest.mark.parametrize("name", ["North.yml", "north side.yml", "-x.yml", "é.yml", "a_b.yml", "south.yaml"])
def test_a_file_name_that_no_address_can_hold_is_left_out(folder: Path, name: str, caplog) -> None:
    (folder / name).write_text(DEMO, encoding="utf-8")
    assert list(Clinics(folder, REGIONS)) == ["demo", "north"]
    assert f"{folder / name}: a clinic's file is named in small letters, digits and hyphens, and ends in .yml" in caplog.text


@pytest.mark.parametrize("name", [".demo.yml.swp", ".hidden.yml", "demo.yml~", "README.md"])
def test_what_editors_leave_behind_is_passed_over(folder: Path, name: str, caplog) -> None:
    (folder / name).write_text("{", encoding="utf-8")
    assert list(Clinics(folder, REGIONS)) == ["demo", "north"] and caplog.text == ""


def test_a_house_without_the_default_clinic_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataFileError) as raised:
            load_clinics(REGIONS, folder)
        assert str(raised.value) == f"{folder / 'demo.yml'}: no such file; it is the clinic of last resort"


def test_a_house_with_a_bad_default_clinic_is_refused(folder: Path) -> None:
    write(folder, "demo", BAD)
    with pytest.raises(DataFileError) as raised:
        load_clinics(REGIONS, folder)
    assert str(raised.value) == f"{folder / 'demo.yml'}:3: region: 'mars' is none of: us, uk"


# While it runs

def test_a_change_is_seen_within_a_second_and_not_sought_before(clinics: Clinics, folder: Path, clock: Clock) -> None:
    write(folder, "north", DEMO.replace("Riverside", "Far North"))
    clock.tick(LOOK_EVERY - 0.01)
    assert clinics["north"].name == "North Foot Clinic"
    clock.tick(0.01)
    assert clinics["north"].name == "Far North Foot Clinic"


def test_a_clinic_that_comes_or_goes_is_seen(clinics: Clinics, folder: Path, clock: Clock) -> None:
    write(folder, "south", DEMO)
    (folder / "north.yml").unlink()
    clock.tick()
    assert list(clinics) == ["demo", "south"]


@pytest.mark.parametrize("bad", [BAD, "name: [", "", "- a", "name: \x00", "a: 2026-13-45", "[" * 5000])
def test_a_file_that_turns_bad_leaves_its_clinic_as_it_was(clinics, folder: Path, clock, caplog, bad: str) -> None:
    write(folder, "north", bad)
    write(folder, "south", DEMO)
    clock.tick()
    assert list(clinics) == ["demo", "north", "south"] and clinics["north"].name == "North Foot Clinic"
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage().endswith("; the clinic stays as it was")
    clock.tick()
    assert list(clinics) and len(caplog.records) == 1, "reported once, not every second"
    write(folder, "north", DEMO.replace("Riverside", "Mended"))
    clock.tick()
    assert clinics["north"].name == "Mended Foot Clinic"


def test_a_bad_file_that_is_mended_comes_in(folder: Path, clock: Clock) -> None:
    write(folder, "north", BAD)
    clinics = Clinics(folder, REGIONS, clock=clock, later=lambda work: work())
    write(folder, "north", DEMO)
    clock.tick()
    assert "north" in clinics


@pytest.mark.parametrize("text", [BAD, None])
def test_the_default_clinic_outlives_its_file(clinics: Clinics, folder: Path, clock: Clock, caplog, text) -> None:
    write(folder, "demo", text) if text else (folder / "demo.yml").unlink()
    clock.tick()
    assert clinics["demo"].name == "Riverside Foot Clinic"
    assert "demo.yml" in caplog.text and "stays as it was" in caplog.text


def test_a_folder_that_is_away_for_a_moment_changes_nothing(clinics: Clinics, folder: Path, clock: Clock) -> None:
    folder.rename(folder.with_name("away"))
    clock.tick()
    assert list(clinics) == ["demo", "north"]
    folder.with_name("away").rename(folder)
    write(folder, "south", DEMO)
    clock.tick()
    assert "south" in clinics


def test_a_link_to_nowhere_takes_nobody_down(clinics: Clinics, folder: Path, clock: Clock, caplog) -> None:
    (folder / "gone.yml").symlink_to(folder / "no-such-file")
    write(folder, "south", DEMO)
    clock.tick()
    assert list(clinics) == ["demo", "north", "south"] and "gone.yml: no such file" in caplog.text


def test_only_what_changed_is_read(clinics: Clinics, folder: Path, clock: Clock, monkeypatch) -> None:
    from bot.clinics import folder as module

    read = []
    monkeypatch.setattr(module, "read_clinic", lambda path, regions: read.append(path.name) or (None, []))
    clock.tick()
    assert list(clinics) == ["demo", "north"] and read == []
    write(folder, "north", DEMO)
    clock.tick()
    list(clinics)
    assert read == ["north.yml"]


def test_clinics_change_all_at_once_while_they_are_walked_through(clinics: Clinics, folder: Path, clock: Clock) -> None:
    names = []
    for clinic_id, clinic in clinics.items():
        (folder / "north.yml").unlink(missing_ok=True)
        clock.tick()
        names.append((clinic_id, clinic.name, "north" in clinics))
    assert names == [("demo", "Riverside Foot Clinic", False), ("north", "North Foot Clinic", False)]


def test_nobody_waits_for_somebody_elses_reading(folder: Path, clock: Clock) -> None:
    begin, end, threads = threading.Event(), threading.Event(), []

    def slowly(work) -> None:
        def run() -> None:
            begin.set()
            end.wait(10)
            work()

        threads.append(threading.Thread(target=run))
        threads[0].start()

    clinics = Clinics(folder, REGIONS, clock=clock, later=slowly)
    write(folder, "north", DEMO.replace("Riverside", "New"))
    clock.tick()
    assert clinics["north"].name == "North Foot Clinic" and begin.wait(10)
    clock.tick()
    assert clinics["north"].name == "North Foot Clinic" and len(threads) == 1
    end.set()
    threads[0].join()
    assert clinics["north"].name == "New Foot Clinic"


def test_a_file_is_read_at_once_and_many_are_not_waited_for() -> None:
    done, end = [], threading.Event()
    soon(lambda: done.append(1))
    assert done == [1]
    soon(lambda: done.append("told to end" if end.wait(5) else "waited for"))
    assert done == [1]
    end.set()


def test_reading_a_change_says_nothing_where_all_is_well(clinics: Clinics, folder: Path, clock: Clock, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    write(folder, "north", DEMO)
    clock.tick()
    assert clinics["north"].name == "Riverside Foot Clinic" and caplog.text == ""
