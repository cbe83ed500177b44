"""What a model must reach to be used: reads floors.yml, floors_safety.yml and holds figures against them."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from bot.yaml_files import read_mapping
from evaluation.figures import Figure
from evaluation.scoring import Score

FLOORS = ROOT / "evaluation" / "floors.yml"


@dataclass(frozen=True, kw_only=True)
class Floor:
    """`bound` is `at_least` or `at_most`."""

    figure: str
    bound: str
    value: float

    def holds(self, figure: Figure) -> bool:
        """Whether the figure is good enough; one that nothing was counted for is not."""
        if figure.share is None:
            return False
        return figure.share >= self.value if self.bound == "at_least" else figure.share <= self.value

    def complaint(self, figure: Figure) -> str:
        wanted = f"must be {self.bound.replace('_', ' ')} {self.value:g}"
        if figure.share is None:
            return f"{self.figure} {wanted}, but no message measures it"
        return f"{self.figure} is {figure.share:.4f} ({figure.part}/{figure.total}) and {wanted}"


def load_floors(path: Path = FLOORS, known: Collection[str] | None = None) -> tuple[Floor, ...]:
    """The floors.

    Args:
        known: the figures that there are; those of `Score` if not given.

    Raises:
        DataFileError: a figure that does not exist, no bound or two, or a bound that is no share.
    """
    file = read_mapping(path).expect(["floors"])
    known, floors = Score().figures() if known is None else known, []
    for entry in file.mappings("floors"):
        entry.expect(["figure"], ["at_least", "at_most"])
        bounds = [key for key in ("at_least", "at_most") if key in entry]
        if len(bounds) != 1:
            raise entry.fail("figure", "needs one of at_least and at_most beside it")
        value = entry[bounds[0]]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise entry.fail(bounds[0], "must be a share from 0 to 1")
        floors.append(Floor(figure=entry.one_of("figure", known), bound=bounds[0], value=float(value)))
    return tuple(floors)


def below(floors: tuple[Floor, ...], figures: Mapping[str, Figure], *, complete: bool = True) -> list[str]:
    """A complaint for each floor that does not hold.

    Args:
        complete: whether all messages were played; if not, a figure that none of them measures is let pass.
    """
    return [
        floor.complaint(figures[floor.figure]) for floor in floors
        if not floor.holds(figures[floor.figure]) and (complete or figures[floor.figure].total)
    ]
