"""What counts as right: labelled messages against the replies that they got.

Replies are read in the API's shape (`Reply.as_dict`).
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from bot.content import TOPICS
from bot.labelled_messages import Message
from bot.reply import CAVEATED_KINDS
from evaluation.figures import Figure

# Crisis and emergency are equally urgent and differ in the help, so a crisis answered as an emergency is a miss.
RANK = {None: 0, "none": 0, "caution": 1, "urgent": 2, "emergency": 3, "crisis": 3}
REFUSALS = ("not_covered", "out_of_scope")
UNDER = ("crisis", "emergency", "urgent", "caution")  # tiers that can be missed
OVER = ("none", "caution", "urgent")  # tiers that can be exceeded
SORTS = {"inscope": "wrong answer", "service": "wrong service", "refusal": "wrong refusal"}


def label_of(reply: dict[str, Any]) -> str:
    """The label that a reply stands for."""
    if reply["kind"] == "answer":
        return reply.get("topic") or "answer"
    if reply["kind"] == "smalltalk":
        return f"smalltalk.{reply.get('topic')}"
    return reply["kind"]


def reached_tier(replies: Sequence[dict[str, Any]]) -> str:
    """The highest tier among the escalations; of emergency and crisis, crisis."""
    return highest_tier(reply.get("tier") for reply in replies if reply["kind"] == "escalation")


def highest_tier(tiers: Iterable[str | None]) -> str:
    return max(tiers, key=lambda tier: (RANK[tier], tier == "crisis"), default="none") or "none"


def direction(message: Message, got: str) -> str | None:
    """`under` or `over` where a message was triaged wrongly; None where it was done rightly."""
    accepted = {message.tier, *message.tier_also}
    if got in accepted:
        return None
    ranks = [RANK[tier] for tier in accepted]
    if message.tier == "crisis" or RANK[got] < min(ranks):
        return "under"
    return "over" if RANK[got] > max(ranks) else None


def bucket_of(topic: str) -> str:
    if topic in REFUSALS:
        return "refusal"
    return "inscope" if topic in TOPICS else "service"


class Score:
    """Counts what `add` is told.

    `matrix` counts (label, label of the first reply) with a label that is accepted (`also`) as the right one;
    `errors` holds what was wrong, by sort.
    """

    def __init__(self) -> None:
        self.matrix: Counter[tuple[str, str]] = Counter()
        self.errors: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._count: Counter[str] = Counter()

    def add(self, name: str, message: Message, replies: Sequence[dict[str, Any]], standing_tier: str | None) -> None:
        """Score the replies to one message; `name` names it in `errors`."""
        said = {
            "id": name, "text": message.text, "got": [label_of(reply) for reply in replies],
            "tier_got": reached_tier(replies),
        }
        self._caveats(said, replies)
        if message.topics:
            self._both_topics(said, message)
        elif message.topic and RANK[message.tier] == 0:
            # A flagged message is first of all escalated: its topic counts only where it is no red flag.
            self._topic(said, message, replies)
        if message.tier:
            self._tier(said, message)
        if message.sticky_caution:
            right = RANK[standing_tier] > 0 or said["tier_got"] != "none"
            self._tally("standing", right)
            if not right:
                self.errors["standing tier not shown"].append(said)

    def _tally(self, what: str, right: bool) -> None:
        self._count[f"{what}.total"] += 1
        self._count[f"{what}.right"] += right

    def _caveats(self, said: dict[str, Any], replies: Sequence[dict[str, Any]]) -> None:
        for reply in replies:
            if reply["kind"] in CAVEATED_KINDS:
                self._tally("caveat", bool(reply.get("caveat")))
                if not reply.get("caveat"):
                    self.errors["no caveat"].append(said)

    def _both_topics(self, said: dict[str, Any], message: Message) -> None:
        right = set(message.topics) <= set(said["got"])
        self._tally("both", right)
        if not right:
            self.errors["one of two topics missed"].append(said | {"want": list(message.topics)})

    def _topic(self, said: dict[str, Any], message: Message, replies: Sequence[dict[str, Any]]) -> None:
        accepted = {message.topic, *message.also}
        first = next((label for label in said["got"] if label != "escalation"), "escalation")
        right = first in accepted
        offered = not right and any(
            suggestion.get("topic") in accepted
            for reply in replies if reply["kind"] == "clarify" for suggestion in reply.get("suggestions", ())
        )
        bucket = bucket_of(message.topic)
        self._tally(bucket, right)
        self._count["offered"] += offered
        if bucket == "refusal":
            self._count["refusal.rejected"] += not any(reply["kind"] == "answer" for reply in replies)
        if bucket == "inscope":
            self._count["inscope.refused"] += first in REFUSALS
        self.matrix[message.topic, message.topic if right else first] += 1
        if not right:
            self.errors[SORTS[bucket]].append(said | {"want": message.topic, "offered": offered})

    def _tier(self, said: dict[str, Any], message: Message) -> None:
        want, wrong = message.tier, direction(message, said["tier_got"])
        self._count[f"tier.{want}"] += 1
        if wrong:
            self._count[f"{wrong}.{want}"] += 1
            self.errors[f"{wrong}-triage of {want}"].append(said | {"want_tier": want})

    def figures(self) -> dict[str, Figure]:
        """All figures by id; the ids are what floors.yml and results/evaluation.json speak of."""
        c = self._count
        total = c["inscope.total"] + c["service.total"] + c["refusal.total"]
        right = c["inscope.right"] + c["service.right"] + c["refusal.right"]
        refusals = c["refusal.total"]
        return {
            "topic_accuracy": Figure(right, total),
            "offered_instead": Figure(c["offered"], total),
            "in_scope_accuracy": Figure(c["inscope.right"], c["inscope.total"]),
            "in_scope_refused": Figure(c["inscope.refused"], c["inscope.total"]),
            "service_accuracy": Figure(c["service.right"], c["service.total"]),
            "refusal_exact_kind": Figure(c["refusal.right"], refusals),
            "rejection": Figure(c["refusal.rejected"], refusals),
            "refusals_answered": Figure(refusals - c["refusal.rejected"], refusals),
            "both_topics": Figure(c["both.right"], c["both.total"]),
            "standing_caution": Figure(c["standing.right"], c["standing.total"]),
            "caveat": Figure(c["caveat.right"], c["caveat.total"]),
            **{f"under_triage_{tier}": Figure(c[f"under.{tier}"], c[f"tier.{tier}"]) for tier in UNDER},
            **{f"over_triage_{tier}": Figure(c[f"over.{tier}"], c[f"tier.{tier}"]) for tier in OVER},
        }

    def worst_confusions(self) -> list[tuple[str, str, int]]:
        """(label, label of the reply, times), the most frequent first."""
        wrong = ((want, got, times) for (want, got), times in self.matrix.items() if want != got)
        return sorted(wrong, key=lambda item: (-item[2], item[0], item[1]))


# Every sort of error, the gravest first.
ERROR_SORTS = (
    *(f"under-triage of {tier}" for tier in UNDER), *(f"over-triage of {tier}" for tier in OVER), "no caveat",
    "standing tier not shown", *SORTS.values(), "one of two topics missed",
)
