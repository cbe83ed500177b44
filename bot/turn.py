"""One turn as the actions see it: what the visitor said, what the NLU made of it, what is in force."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from bot.clinics import DEFAULT_CLINIC, Clinic, load_clinics
from bot.compose import Speaker, utc_now
from bot.content import HANDS_ON_TOPICS, TOPICS, Content, load_content
from bot.context import NO_FOLLOW_UPS, FollowUps, load_follow_ups, read_meaning
from bot.red_flags import RedFlag, RedFlags, by_severity, default_red_flags
from bot.reply import Reply, tier_rank
from bot.settings import ROOT, read_settings

CLARIFY_WITHIN = 0.04  # a topic less likely than this is not worth offering
CLARIFY_AT_MOST = 3


@dataclass(frozen=True, kw_only=True)
class House:
    """Everything that speaking needs, loaded once a process on first use; `clinics` follow their files."""

    content: Content
    clinics: Mapping[str, Clinic]
    red_flags: RedFlags
    keep_days: int
    follow_ups: FollowUps = NO_FOLLOW_UPS
    clock: Callable[[], dt.datetime] = utc_now

    def speaker(self, clinic: str | None) -> Speaker:
        """Speaks for a clinic; for the default one where the name is unknown."""
        known = self.clinics.get(clinic or DEFAULT_CLINIC) or self.clinics[DEFAULT_CLINIC]
        keep_days = min(self.keep_days, known.keep_days or self.keep_days)
        return Speaker(content=self.content, clinic=known, keep_days=keep_days, clock=self.clock)


@lru_cache(maxsize=1)
def default_house() -> House:
    content = load_content()
    return House(
        content=content, clinics=load_clinics(content.help_lines), red_flags=default_red_flags(),
        follow_ups=load_follow_ups(ROOT / "content" / "follow_ups.yml"), keep_days=read_settings().keep_days,
    )


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What an action needs of the tracker.

    `intent` is what the message asks, also where a red flag took the message over, and with its context read; `more`:
    the topic was answered last, too; `ranking` holds (intent, probability) from the most likely on; `flags` are most
    severe first; `offered`: the topics that the last reply gave to choose from; `of_another`: the visitor now speaks
    of somebody whom the standing warning is not about.
    """

    speaker: Speaker
    intent: str
    more: bool
    offered: tuple[str, ...]
    last_topic: str | None
    ranking: tuple[tuple[str, float], ...]
    also: tuple[str, ...]
    flags: tuple[RedFlag, ...]
    lifts_standing: bool
    standing_tier: str | None
    standing: RedFlag | None
    of_another: bool
    plays_down: bool

    @property
    def standing_name(self) -> str:
        return self.standing.name if self.standing else ""

    def content_replies(self) -> list[Reply]:
        """The replies to what the message asks apart from red flags."""
        if self.intent in TOPICS:
            first = self.speaker.more(self.intent) if self.more else self.speaker.answer(self.intent)
            replies = [first, *(self.speaker.answer(topic) for topic in self.also)]
            # Two topics that the clinic has switched off are one word to the visitor.
            return list({reply.topic or reply.kind: reply for reply in replies}.values())
        if self.intent.startswith("smalltalk_"):
            return [self.speaker.smalltalk(self.intent.removeprefix("smalltalk_"))]
        if self.intent == "nlu_fallback":
            return [self.clarify()]
        return [getattr(self.speaker, self.intent)()]

    def clarify(self) -> Reply:
        """A choice of the likeliest topics; where none is likely, the honest refusal."""
        likely = [name for name, p in self.ranking if name in TOPICS and p >= CLARIFY_WITHIN][:CLARIFY_AT_MOST]
        best = next((name for name, _ in self.ranking if name not in ("nlu_fallback", "red_flag")), "out_of_scope")
        if best not in TOPICS and not best.startswith("smalltalk_"):
            return getattr(self.speaker, best)()
        choice = [topic for topic in likely if topic not in self.speaker.clinic.topics_off]
        if likely and (self.offered or not choice):  # a second choice in a row would be no help: the likeliest is answered
            return self.speaker.answer(likely[0])
        return self.speaker.clarify(choice) if choice else self.speaker.out_of_scope()

    def replies(self) -> list[Reply]:
        """All of the turn's replies, red flags first."""
        if self._lifted():
            return self._lifting_replies()
        if self._played_down():
            hold = self.speaker.hold(self.standing_tier, self.standing.name, self.standing.source)
            asked = [] if self.standing_tier in ("emergency", "crisis") else self.content_replies()
            return [hold, *self._answers(asked)]
        content = [] if self.flags and self.intent not in TOPICS else self.content_replies()
        return self.speaker.turn(
            self.flags, content, standing=None if self.of_another else self.standing_tier,
            standing_name=self.standing_name, hands_on_before=self._hands_on_before(),
        )

    def _lifting_replies(self) -> list[Reply]:
        """The question's answer, opened by the word that the warning is gone; that word alone where none was asked."""
        lifted = self.speaker.standing_lifted()
        asked = self._answers(self.content_replies())
        if not asked:
            return [lifted]
        return [replace(asked[0], text=f"{lifted.text}\n\n{asked[0].text}"), *asked[1:]]

    def _answers(self, replies: Sequence[Reply]) -> list[Reply]:
        """Those that answer a question on a topic; the clinic's phone does so where it has switched the topic off."""
        kinds = ("answer", "handoff") if self.intent in TOPICS else ("answer",)
        return [reply for reply in replies if reply.kind in kinds]

    def standing_after(self) -> tuple[str | None, str | None]:
        """(tier, red flag id) in force after this turn; (None, None) when nothing is."""
        if self.flags and (self.standing_tier is None or _outranks(self.flags[0].tier, self.standing_tier)):
            return self.flags[0].tier, self.flags[0].id
        if self._lifted():
            return None, None
        return self.standing_tier, None

    def context_after(self, replies: Sequence[Reply]) -> tuple[str | None, tuple[str, ...]]:
        """(topics answered last, joined by blanks; topics offered) after this turn's replies."""
        answered = [reply.topic for reply in replies if reply.kind == "answer"]
        offered = [s.topic for reply in replies if reply.kind == "clarify" for s in reply.suggestions if s.topic]
        return (" ".join(answered) if answered else self.last_topic), tuple(offered)

    def _hands_on_before(self) -> bool:
        return any(topic in HANDS_ON_TOPICS for topic in (self.last_topic or "").split())

    def _played_down(self) -> bool:
        return self.plays_down and not self.flags and self.standing_tier is not None and self.standing is not None

    def _lifted(self) -> bool:
        """A warning is taken back; one about a crisis stays, whatever is said."""
        return self.lifts_standing and not self.flags and self.standing_tier not in (None, "crisis")


def _outranks(tier: str, other: str) -> bool:
    return tier_rank(tier) >= tier_rank(other)


def read_turn(
    house: House, *, parse_data: Mapping[str, Any], clinic: str | None, standing_tier: str | None,
    standing_flag: str | None, earlier: Sequence[str] = (), last_topic: str | None = None, offered: Sequence[str] = (),
    of_another: bool = False,
) -> Turn:
    """A `Turn` out of the NLU's output (Rasa's `latest_message`), the slots, and what the visitor said just before."""
    rules, text = house.red_flags, str(parse_data.get("text") or "")
    flags = [rules.flags[name] for name in parse_data.get("red_flags") or () if name in rules.flags]
    lifts = bool(parse_data.get("lifts_standing"))
    if not lifts:
        above = max((tier_rank(tier) for tier in (standing_tier, *(flag.tier for flag in flags))), default=0)
        flags += [flag for flag in rules.check_with(text, earlier) if tier_rank(flag.tier) > above]
    ranking = tuple((item["name"], float(item["confidence"])) for item in parse_data.get("intent_ranking") or ())
    intent = parse_data.get("asked_intent") or (parse_data.get("intent") or {}).get("name") or "out_of_scope"
    also = tuple(name for name in parse_data.get("also_asked") or () if name in TOPICS)
    offered = tuple(name for name in offered if name in TOPICS)
    meaning = read_meaning(
        text, intent, None if also else parse_data.get("asked_in_context"), offered=offered, follow_ups=house.follow_ups,
        # A report stands by itself: below "your toe must be seen today" nobody asked for more on massage.
        last_topics=() if also or flags else [name for name in (last_topic or "").split() if name in TOPICS],
    )
    turns_to = False if flags else rules.of_another_person(text)
    return Turn(
        speaker=house.speaker(clinic), intent=meaning.intent, more=meaning.more, offered=offered, last_topic=last_topic,
        ranking=ranking, also=also,
        flags=tuple(by_severity(flags)), lifts_standing=lifts, standing_tier=standing_tier,
        standing=rules.flags.get(standing_flag or ""), of_another=of_another if turns_to is None else turns_to,
        plays_down=bool(standing_tier) and rules.plays_down(text),
    )
