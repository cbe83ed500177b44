"""The names of what visitors ask: topics, small talk, services.

The order of the topics is the order in which they are offered. `python -m bot desk new topic` adds a line here.
"""
from __future__ import annotations

TOPICS = (
    "neuropathy_definition",
    "neuropathy_prevalence",
    "neuropathy_symptoms",
    "neuropathy_causes",
    "cause_sugar",
    "cause_injury",
    "cause_autoimmune",
    "cause_inflammation",
    "cause_infection",
    "cause_toxins",
    "cause_genetics",
    "nerves_overview",
    "nerves_sensory",
    "nerves_motor",
    "nerves_visceral",
    "treatment_overview",
    "treatment_medication",
    "home_remedies",
    "heat_therapy",
    "massage_benefit",
    "massage_safety",
    "massage_precautions",
    "massage_techniques",
    "massage_provider",
    "massage_timing",
    "massage_evidence",
    "massage_prevention",
)
# Topics on which a tier that was told earlier is shown again: they invite to touch or warm the foot.
HANDS_ON_TOPICS = (
    *(name for name in TOPICS if name.startswith("massage_")),
    "heat_therapy",
    "home_remedies",
    "treatment_overview",
    "treatment_medication",
)
SMALLTALK = ("greet", "goodbye", "thanks", "bot_challenge", "help", "ack", "repeat", "unhappy", "distress")
SERVICES = ("handoff", "source", "privacy", "decline", "not_covered", "out_of_scope")
INTENTS = TOPICS + tuple(f"smalltalk_{name}" for name in SMALLTALK) + SERVICES
