"""`python -m bot clinic check`: every error by file, line and key; and 1 where there is any."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot import command_line
from bot.clinics.check import check_clinics

REGIONS = {"us": None}
GOOD = 'name: North\ncontact: {phone: "5550100", phone_href: "tel:5550100"}\nregion: us\n'
BAD = GOOD.replace("name: North", "name: 5").replace("region: us", "region: mars")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.yml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_the_clinics_of_the_checkout_are_well(capsys) -> None:
    assert command_line.main(["clinic", "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2 and all(line.startswith("OK ") for line in lines)
    assert any(line.endswith("clinics/demo.yml: Riverside Foot Clinic") for line in lines)


def test_named_files_are_checked_each_error_a_line(folder: Path, capsys) -> None:
    bad, good = folder / "bad.yml", folder / "demo.yml"
    bad.write_text(BAD, encoding="utf-8")
    assert command_line.main(["clinic", "check", str(bad), str(good)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{bad}:1: name: must be a text that is not empty (quote it if it looks like a number or yes/no)",
        f"{bad}:3: region: 'mars' is none of: us, uk, ie, ca, au, nz, eu, in",
        f"OK {good}: North",
    ]


def test_a_file_that_is_not_there_says_what_to_copy(folder: Path, capsys) -> None:
    assert command_line.main(["clinic", "check", str(folder / "no.yml")]) == 1
    assert capsys.readouterr().out == f"{folder / 'no.yml'}: no such file; copy clinics/harbour.yml and change what it says\n"


def test_a_folder_is_checked_whole(folder: Path) -> None:
    (folder / "South.yml").write_text(GOOD, encoding="utf-8")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    lines, well = check_clinics([], REGIONS, folder)
    assert not well and len(lines) == 2
    assert lines[0] == f"{folder / 'South.yml'}: a clinic's file is named in small letters, digits and hyphens, and ends in .yml"
    assert lines[1] == f"OK {folder / 'demo.yml'}: North"


def test_a_folder_without_the_default_clinic_is_not_well(folder: Path) -> None:
    (folder / "demo.yml").rename(folder / "north.yml")
    lines, well = check_clinics([], REGIONS, folder)
    assert not well and lines[0].startswith("OK ") and lines[1].startswith(f"{folder / 'demo.yml'}: no such file; ")
    assert check_clinics([], REGIONS, folder / "nowhere")[1] is False


def test_a_verb_of_clinic_is_asked_for(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["clinic"])
    assert ended.value.code == 2 and "check" in capsys.readouterr().err
