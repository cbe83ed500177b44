"""Clinics: one file each under clinics/, loaded strictly."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataFileError
from bot.settings import ROOT
from bot.yaml_files import read_mapping

DEFAULT_CLINIC = "demo"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, kw_only=True)
class Clinic:
    id: str
    name: str
    phone: str
    phone_href: str
    hours: str
    booking: str | None
    region: str


def load_clinics(regions: Mapping[str, object], folder: Path = ROOT / "clinics") -> dict[str, Clinic]:
    """Every clinic by id (the file's stem).

    Args:
        regions: the regions that content/help_lines.yml has numbers for.

    Raises:
        DataFileError: a broken file, an unknown region, or no default clinic.
    """
    clinics = {}
    for path in sorted(folder.glob("*.yml")):
        if not _ID.fullmatch(path.stem):
            raise DataFileError(path, "a clinic's file is named in small letters, digits and hyphens")
        file = read_mapping(path).expect(["name", "phone", "phone_href", "hours", "region"], ["booking"])
        booking = file.text_or_none("booking")
        if booking is not None and not booking.startswith("https://"):
            raise file.fail("booking", "must start with https://, or be null")
        if not file.text("phone_href").startswith("tel:"):
            raise file.fail("phone_href", "must start with tel:")
        clinics[path.stem] = Clinic(
            id=path.stem, name=file.text("name"), phone=file.text("phone"), phone_href=file.text("phone_href"),
            hours=file.text("hours"), booking=booking, region=file.one_of("region", regions),
        )
    if DEFAULT_CLINIC not in clinics:
        raise DataFileError(folder / f"{DEFAULT_CLINIC}.yml", "no such file; it is the clinic of last resort")
    return clinics
