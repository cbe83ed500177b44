"""What Footnote knows of a clinic."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.hours import Hours

DEFAULT_CLINIC = "demo"
DEFAULT_COLOURS = {"accent": "#0b5e57", "on_accent": "#ffffff"}


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """A clinic's words on a topic in place of ours; at least one of them."""

    short: str | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """A clinic's settings. `hours` None: it does not say; `keep_days` None: as long as the server keeps anything;
    `inbox`: unclear messages may be kept, masked, for people to read."""

    id: str
    name: str
    phone: str
    phone_href: str
    region: str
    email: str | None = None
    address: str | None = None
    greeting: str | None = None
    hours: Hours | None = None
    booking: str | None = None
    logo: str | None = None
    privacy: str | None = None
    terms: str | None = None
    consent: str | None = None
    keep_days: int | None = None
    inbox: bool = False
    colours: Mapping[str, str] = field(default_factory=lambda: DEFAULT_COLOURS)
    allowed_origins: tuple[str, ...] = ()
    topics_off: frozenset[str] = frozenset()
    own_words: Mapping[str, OwnWords] = field(default_factory=dict)
