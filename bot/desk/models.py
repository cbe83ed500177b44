"""Which models there are, and which of them is meant."""
from __future__ import annotations

from pathlib import Path

from bot.errors import SetupError
from bot.model_record import SUFFIX
from bot.releases import read_releases
from bot.server_reports import live_reports
from bot.settings import Settings
from bot.training import model_path, trained_models


def named_model(settings: Settings, name: str) -> Path:
    """The archive that a maintainer names: its file, or the beginning of its fingerprint.

    Raises:
        SetupError: there is none, or more than one.
    """
    start = Path(name).name.removesuffix(SUFFIX).removeprefix("footnote-")
    trained = trained_models(settings)
    found = [path for path in trained if start and path.name.removeprefix("footnote-").startswith(start)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found or trained) or "none; run: make train"
    raise SetupError(f"{name!r} {'could be more than one of' if found else 'is no model; there are'}: {names}")


def newest_model(settings: Settings) -> Path:
    """The model that was trained last.

    Raises:
        SetupError: none was.
    """
    trained = trained_models(settings)
    if not trained:
        raise SetupError("there is no trained model; run: make train")
    return trained[0]


def served_model(settings: Settings) -> Path | None:
    """What visitors are answered by: the shipped model; before the first shipping what a running server says, or
    what one would start with. None where that is not trained yet."""
    current = read_releases(settings.models).current
    if current is not None:
        return settings.models / current.model
    running = [report.model for report in live_reports(settings.models) if report.model]
    path = settings.models / running[0] if running else model_path(settings)
    return path if path.is_file() else None
