"""The shapes of api.md: checks requests, and describes requests and replies on /api/docs.

Replies are not passed through these models on their way out: `Reply.as_dict` already makes them.
"""
from __future__ import annotations

from typing import Literal, Optional

from pydantic import BaseModel, Field, StrictStr

from bot.reply import KINDS, TIERS

_TOKEN = "The opaque token from an earlier reply."


class MessageIn(BaseModel):
    text: StrictStr = Field(..., description="What the visitor says: 1 to 1,000 characters after trimming.")
    conversation: Optional[StrictStr] = Field(None, description=f"{_TOKEN} Absent: a conversation starts.")
    clinic: Optional[StrictStr] = Field(None, description="Which clinic's settings apply. Absent: the default clinic.")


class FeedbackIn(BaseModel):
    conversation: StrictStr = Field(..., description=_TOKEN)
    reply: StrictStr = Field(..., description="The id of the reply.", regex=r"^[0-9A-Za-z_-]{1,64}\Z")
    rating: Literal["up", "down"]
    reason: Optional[StrictStr] = Field(None, description="Why, in the visitor's words; at most 1,000 characters.")


class ConversationIn(BaseModel):
    conversation: StrictStr = Field(..., description=_TOKEN)


class SourceClaimOut(BaseModel):
    says: str = Field(..., description="What the article says.")
    standing: str = Field(..., description="How that stands: supported, partly, unsupported or wrong.")
    wording: str = Field(..., description="How we put it.")


class SourceOut(BaseModel):
    title: str
    section: str
    url: Optional[str]
    claims: list[SourceClaimOut] = Field(..., description="What the answer takes from this section; may be empty.")


class SuggestionOut(BaseModel):
    title: str = Field(..., description="What the button says.")
    text: str = Field(..., description="What is sent when it is pressed.")
    topic: Optional[str]


class LinkOut(BaseModel):
    label: str
    href: str = Field(..., description="Starts with tel:, sms:, https: or mailto:.")


class ReplyOut(BaseModel):
    id: str = Field(..., description="Names this reply in feedback.")
    kind: str = Field(..., description=f"One of: {', '.join(KINDS)}.")
    topic: Optional[str] = Field(..., description="The topic of an answer, or the kind of small talk.")
    tier: Optional[str] = Field(..., description=f"Of an escalation: {', '.join(TIERS)}.")
    text: str = Field(..., description="Plain text; a blank line parts paragraphs. Never HTML.")
    detail: Optional[str] = Field(..., description="More of the same answer, to be shown on demand.")
    caveat: Optional[str] = Field(..., description="The see-your-doctor line; never null for answer and escalation.")
    sources: list[SourceOut]
    suggestions: list[SuggestionOut] = Field(..., description="What the visitor might press next.")
    links: list[LinkOut]


class MessageOut(BaseModel):
    conversation: str = Field(..., description="Send this back with the next message.")
    replies: list[ReplyOut] = Field(..., description="At least one; red flags first.")
    standing_tier: Optional[str] = Field(
        ..., description="The highest tier told earlier in this conversation and still in force, or null.")


class ContactOut(BaseModel):
    phone: str
    phone_href: str = Field(..., description="Starts with tel:.")
    email: Optional[str]
    address: Optional[str]


class HoursOut(BaseModel):
    text: str = Field(..., description="The week in words.")
    open_now: Optional[bool] = Field(..., description="null: the clinic does not say.")
    next: Optional[str] = Field(..., description="When that changes, in words.")


class ClinicLinksOut(BaseModel):
    privacy: Optional[str]
    terms: Optional[str]


class EmergencyOut(BaseModel):
    heading: str
    signs: list[str]
    crisis: str = Field(..., description="What to do when thinking of self-harm.")
    links: list[LinkOut]


class ClinicOut(BaseModel):
    id: str
    name: str
    greeting: Optional[str]
    locale: str = Field(..., description="The language of the words.")
    contact: ContactOut
    hours: HoursOut
    booking: Optional[str]
    logo: Optional[str]
    links: ClinicLinksOut
    consent: Optional[str] = Field(..., description="What a visitor must agree to first.")
    keep_days: int = Field(..., description="How many days a conversation is kept.")
    colours: dict[str, str] = Field(
        ..., description="accent and on_accent, at will dark_accent and on_dark_accent; contrast at least 4.5:1.")
    emergency: EmergencyOut


class HealthOut(BaseModel):
    status: str = Field(..., description="ok, loading or failing.")
    model: Optional[str] = Field(..., description="The model that answers.")


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorOut(BaseModel):
    error: ErrorDetail
