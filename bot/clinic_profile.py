"""What a clinic's widget shows before anybody has said anything."""
from __future__ import annotations

from typing import Any

from bot.compose import Speaker

LOCALE = "en"  # of content/


def clinic_profile(speaker: Speaker) -> dict[str, Any]:
    """A clinic as JSON values, in the shape of `bot.web.schemas.ClinicOut`."""
    clinic, now, signs = speaker.clinic, speaker.opening(), speaker.content.emergency_signs
    return {
        "id": clinic.id, "name": clinic.name, "greeting": clinic.greeting, "locale": LOCALE,
        "contact": {
            "phone": clinic.phone, "phone_href": clinic.phone_href, "email": clinic.email, "address": clinic.address,
        },
        "hours": {"text": speaker.hours_text(), "open_now": now.open_now, "next": now.next},
        "booking": clinic.booking, "logo": clinic.logo,
        "links": {"privacy": clinic.privacy, "terms": clinic.terms},
        "consent": clinic.consent, "keep_days": speaker.keep_days, "colours": dict(clinic.colours),
        "emergency": {
            "heading": speaker.fill(signs.heading), "signs": list(signs.signs), "crisis": speaker.fill(signs.crisis),
            "links": [{"label": link.label, "href": link.href} for link in speaker.help_links(["emergency", "crisis"])],
        },
    }
