"""A share of something counted, and how sure it is."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

Z_95 = 1.959964  # standard deviations to either side that hold 95 % of a normal distribution


def wilson(part: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of `part` out of `total`; (0, 1), which says nothing, when nothing was counted.

    Unlike the textbook interval it stays within 0 and 1 and holds for shares near them.
    """
    if not total:
        return 0.0, 1.0
    share = part / total
    middle = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    whole = 1 + z * z / total
    low, high = (middle - reach) / whole, (middle + reach) / whole
    return (low if part else 0.0), (high if part < total else 1.0)


@dataclass(frozen=True)
class Figure:
    """`part` out of `total`."""

    part: int
    total: int

    @property
    def share(self) -> float | None:
        """None when nothing was counted."""
        return self.part / self.total if self.total else None

    def as_dict(self) -> dict[str, float | int | None]:
        low, high = wilson(self.part, self.total)
        return {"part": self.part, "total": self.total, "share": self.share, "low": low, "high": high}


def percentiles(milliseconds: Sequence[float]) -> dict[str, float | None]:
    """The median and the 95th percentile; None for fewer than two measurements."""
    if len(milliseconds) < 2:
        return {"p50": None, "p95": None}
    cuts = quantiles(milliseconds, n=100)
    return {"p50": cuts[49], "p95": cuts[94]}
