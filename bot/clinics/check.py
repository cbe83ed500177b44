"""`python -m bot clinic check`: what is wrong with clinics' files, before any visitor meets it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.clinics.clinic import DEFAULT_CLINIC
from bot.clinics.clinic_file import read_clinic
from bot.clinics.folder import is_clinic_file
from bot.errors import DataFileError


def check_clinics(files: Sequence[Path], regions: Mapping[str, object], folder: Path) -> tuple[list[str], bool]:
    """(lines to print, whether all is well).

    Args:
        files: the files to check; none: all of `folder`, which must hold the default clinic.
        regions: the regions that content/help_lines.yml has numbers for.
    """
    checked = list(files) or sorted(path for path in _listed(folder) if is_clinic_file(path.name))
    default = folder / f"{DEFAULT_CLINIC}.yml"
    if not files and default not in checked:
        checked.append(default)
    lines, well = [], True
    for path in checked:
        clinic, errors = read_clinic(path, regions)
        if clinic is not None:
            lines.append(f"OK {path}: {clinic.name}")
        for error in errors:
            lines.append(str(_with_cure(error, path)))
            well = False
    return lines, well


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _with_cure(error: DataFileError, path: Path) -> DataFileError:
    return error if path.exists() else DataFileError(path, "no such file; copy clinics/harbour.yml and change what it says")
