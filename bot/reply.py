"""What Footnote says. A `Reply` is the only way to speak.

The caveat is a type here: a reply of kind answer or escalation cannot be made without one, so no path
through the code, however odd, shows medical words without the see-your-doctor line.
"""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = (
    "answer", "escalation", "clarify", "smalltalk", "handoff", "source", "privacy", "decline",
    "not_covered", "out_of_scope", "unavailable",
)
CAVEATED_KINDS = ("answer", "escalation")
TIERS = ("caution", "urgent", "emergency", "crisis")  # rising; crisis and emergency differ in the help, not in rank
LINK_SCHEMES = ("tel:", "sms:", "https:", "mailto:")


def tier_rank(tier: str | None) -> int:
    """0 for none, then rising with the urgency: caution 1, urgent 2, emergency 3, crisis 4."""
    return TIERS.index(tier) + 1 if tier in TIERS else 0


@dataclass(frozen=True, kw_only=True)
class SourceClaim:
    """What a section of the article says, how well that stands, and how we put it."""

    says: str
    standing: str
    wording: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A footnote: a section of the article, or an outside source."""

    title: str
    section: str
    url: str | None = None
    claims: tuple[SourceClaim, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Source:
        return cls(**{**values, "claims": tuple(SourceClaim(**claim) for claim in values.get("claims", ()))})


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What a visitor might press next: `text` is sent as if typed."""

    title: str
    text: str
    topic: str | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    href: str

    def __post_init__(self) -> None:
        if not self.href.startswith(LINK_SCHEMES):
            raise ValueError(f"a link must start with one of {', '.join(LINK_SCHEMES)}")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One bubble of the conversation, as in the chat API.

    Raises:
        ValueError: unknown kind or tier, no text, an answer without topic, an escalation without tier,
            or either of them without a caveat.
    """

    kind: str
    text: str
    topic: str | None = None
    tier: str | None = None
    caveat: str | None = None
    detail: str | None = None
    sources: tuple[Source, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    links: tuple[Link, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if not self.text.strip():
            raise ValueError(f"a reply of kind {self.kind} needs a text")
        if self.kind in CAVEATED_KINDS and not (self.caveat or "").strip():
            raise ValueError(f"a reply of kind {self.kind} needs a caveat")
        if self.kind in ("answer", "smalltalk") and not self.topic:
            raise ValueError(f"a reply of kind {self.kind} needs a topic")
        if (self.kind == "escalation") != (self.tier is not None):
            raise ValueError("a tier goes with a reply of kind escalation, and with no other")
        if self.tier is not None and self.tier not in TIERS:
            raise ValueError(f"tier {self.tier!r} is none of {', '.join(TIERS)}")

    def as_dict(self) -> dict[str, Any]:
        """The reply as JSON values, in the API's shape."""
        values = asdict(self)
        for key in ("sources", "suggestions", "links"):
            values[key] = list(values[key])
        for source in values["sources"]:
            source["claims"] = list(source["claims"])
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Reply:
        """The inverse of `as_dict`."""
        fields = dict(values)
        fields["sources"] = tuple(Source.from_dict(item) for item in fields.get("sources", ()))
        fields["suggestions"] = tuple(Suggestion(**item) for item in fields.get("suggestions", ()))
        fields["links"] = tuple(Link(**item) for item in fields.get("links", ()))
        return cls(**fields)

    def as_text(self) -> str:
        """The reply on a channel that knows only plain text: words, links, caveat, footnotes, choices."""
        parts = [self.text]
        if self.detail:
            parts.append(self.detail)
        parts += [f"{link.label}: {link.href if link.href.startswith('https:') else link.href.split(':', 1)[1]}"
                  for link in self.links]
        if self.caveat:
            parts.append(self.caveat)
        parts += [f"[{n}] {source.title}: {source.section}" for n, source in enumerate(self.sources, 1)]
        return "\n\n".join(parts)
