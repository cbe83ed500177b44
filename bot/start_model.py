"""Which model a server starts with. docs/shipping.md tells the rules in words."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import ModelRefused
from bot.releases import Releases, read_releases
from bot.settings import Settings
from bot.training import check_release, ensure_model, fingerprint, model_path


@dataclass(frozen=True, kw_only=True)
class StartModel:
    """`number`: the newest entry of models/served.json; `notes`: what the operator must be told."""

    path: Path
    number: int
    notes: tuple[str, ...] = ()


def start_model(settings: Settings, *, newest: bool) -> StartModel:
    """The model to start with: the shipped one, or the one that fits the checkout.

    Args:
        newest: the one that fits the checkout, whatever was shipped.

    Raises:
        SetupError, DataFileError: as `ensure_model`; or models/served.json cannot be read.
    """
    releases = read_releases(settings.models)
    current = releases.current
    if current is None:
        return StartModel(path=ensure_model(settings), number=0)
    if current.model == model_path(settings).name:
        return StartModel(path=ensure_model(settings), number=current.number)
    if newest:
        path = ensure_model(settings)
        return StartModel(path=path, number=current.number, notes=(
            f"{current.model} was shipped, but this checkout has changed since: serving {path.name}, which nobody has "
            "compared. To serve what was shipped: python -m bot serve",
        ))
    return _shipped(settings, releases)


def _shipped(settings: Settings, releases: Releases) -> StartModel:
    """The shipped model; where it cannot be served, the one before it; where that neither, what fits the checkout."""
    notes = []
    for release in filter(None, (releases.current, releases.before_current())):
        try:
            path = check_release(settings, release)
        except ModelRefused as error:
            notes.append(f"{error}; trying another")
            continue
        if model_path(settings).name != release.model:
            notes.append(f"Serving {release.model}, which was shipped. What stands in this checkout ({fingerprint()}) "
                         "is another: python -m bot desk ship, or make run to try it")
        return StartModel(path=path, number=releases.number, notes=tuple(notes))
    return StartModel(path=ensure_model(settings), number=releases.number, notes=tuple(notes))
