"""Makes replies out of the content: which words, which footnotes, which links. No medicine is decided here.

`Speaker` joins the content with one clinic; actions, the web layer's last resort and the terminal use it.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.clinics import Clinic, OwnWords
from bot.content import HANDS_ON_TOPICS, TOPICS, Content, HelpLines, Topic
from bot.opening import Opening, hours_text, opening
from bot.red_flags import RedFlag
from bot.reply import Link, Reply, Source, SourceClaim, Suggestion, tier_rank

LINES = ("emergency", "crisis", "poison", "violence")
NO_OWN_WORDS = OwnWords()
REFUSAL_OFFERS = 3  # where all that a refusal offers is switched off


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Speaks the content in the name of a clinic. `clock` gives aware moments."""

    content: Content
    clinic: Clinic
    keep_days: int = 30
    clock: Callable[[], dt.datetime] = utc_now

    @property
    def region(self) -> HelpLines:
        return self.content.help_lines[self.clinic.region]

    def fill(self, text: str, **more: str) -> str:
        """`text` with the clinic's and the region's names and numbers in place of {…}."""
        lines, words = self.region.lines, self.region.words
        # A line that the region does not have is the emergency number's business.
        numbers = {key: lines.get(key, lines["emergency"])[0] for key in LINES}
        number, _, text_href = lines["crisis"]
        if "{opening}" in text:
            sentence = self.opening().sentence
            text = text if sentence else text.replace("{opening} ", "")
            more["opening"] = sentence or ""
        if "{hours}" in text:
            more["hours"] = self.hours_text()
        return text.format(
            clinic=self.clinic.name, phone=self.clinic.phone, keep_days=self.keep_days, **numbers, **words,
            crisis_text=text_href.removeprefix("sms:") if text_href else number,
            Reach_crisis=_capital(words["reach_crisis"]), **more,
        )

    def hours_text(self) -> str:
        return hours_text(self.clinic.hours, self.content.voice.hours)

    def opening(self) -> Opening:
        """Whether the clinic is open now, and when that changes."""
        return opening(self.clinic.hours, self.content.voice.hours, self.clock())

    # answers

    def answer(self, topic_id: str) -> Reply:
        """The short answer with the detail behind it; the clinic itself where it has switched the topic off."""
        if topic_id in self.clinic.topics_off:
            return self._handoff("switched_off")
        topic, own = self.content.topics[topic_id], self.clinic.own_words.get(topic_id, NO_OWN_WORDS)
        # The clinic's words replace ours, never what keeps a visitor safe: precautions and caveat.
        short = [own.short or topic.short, *(self.content.voice.precautions[name] for name in topic.precautions)]
        return Reply(
            kind="answer", topic=topic.id, text="\n\n".join(short), detail=own.detail or topic.detail, caveat=topic.caveat,
            sources=self._footnotes(topic, own), suggestions=self.suggest(topic.related),
        )

    def more(self, topic_id: str) -> Reply:
        """What the short answer held back, for who asks on or asks the same again."""
        reply, topic = self.answer(topic_id), self.content.topics[topic_id]
        if reply.detail is None:  # switched off
            return reply
        lead = [self._line("more"), reply.detail, *(self.content.voice.precautions[name] for name in topic.precautions)]
        return replace(reply, text="\n\n".join(lead), detail=None)

    def _footnotes(self, topic: Topic, own: OwnWords) -> tuple[Source, ...]:
        """One footnote a section of the article, then the outside sources that correct or limit it.

        The clinic stands for its own words; the article only while some of its words are left.
        """
        clinic = (Source(title=self.clinic.name, section=self._line("own_words")),) if own != NO_OWN_WORDS else ()
        if own.short and own.detail:
            return clinic
        sections = dict.fromkeys(claim.section for claim in topic.claims)
        article = [
            Source(
                title=self.content.article_title, section=self.content.sections[section], url=self.content.article_url,
                claims=tuple(
                    SourceClaim(says=claim.says, standing=claim.standing, wording=claim.wording)
                    for claim in topic.claims if claim.section == section
                ),
            )
            for section in sections
        ]
        return (*clinic, *article, *(Source(title=s.name, section=s.supports, url=s.url) for s in topic.sources))

    def suggest(self, topic_ids: Iterable[str]) -> tuple[Suggestion, ...]:
        topics = [self.content.topics[topic_id] for topic_id in topic_ids if topic_id not in self.clinic.topics_off]
        return tuple(Suggestion(title=topic.title, text=topic.ask, topic=topic.id) for topic in topics)

    # red flags

    def escalate(self, flag: RedFlag) -> Reply:
        """The reply to one red flag: action first, one line of why, one safety line."""
        voice = self.content.voice
        tell = [self.fill(flag.action), self.fill(flag.why), self.fill(flag.safety)]
        if flag.tier in ("emergency", "crisis") and self.region.elsewhere:
            tell.append(self.region.elsewhere)
        caveat = voice.caveats.get(flag.tier, voice.caveats["escalation"])
        return Reply(
            kind="escalation", tier=flag.tier, text="\n\n".join(tell), caveat=caveat,
            sources=(Source(title=flag.source, section=flag.name),), links=self._help_links(flag),
        )

    def _help_links(self, flag: RedFlag) -> tuple[Link, ...]:
        """The lines that a rule asks for; where only a doctor is wanted, the clinic's phone."""
        links = self.help_links(flag.help_lines)
        return (*links, self._clinic_link()) if flag.tier in ("urgent", "caution") else links

    def help_links(self, keys: Iterable[str]) -> tuple[Link, ...]:
        """The region's lines of help by their keys; one that it does not have is left out."""
        labels = self.content.voice.links
        links = []
        for key in keys:
            if key not in self.region.lines:
                continue
            _, href, text_href = self.region.lines[key]
            links.append(Link(label=self.fill(labels["crisis_call" if key == "crisis" else key]), href=href))
            if text_href:
                links.append(Link(label=self.fill(labels["crisis_text"]), href=text_href))
        return tuple(links)

    def with_reminder(self, reply: Reply, tier: str, name: str) -> Reply:
        """An answer that opens with the reminder of a tier told earlier; not an escalation of its own, since the
        visitor has reported nothing new."""
        reminder = self.fill(self.content.voice.standing[tier], name=name)
        return replace(reply, text=f"{reminder}\n\n{reply.text}", links=self._standing_links(tier) + reply.links)

    def hold(self, tier: str, name: str, source: str) -> Reply:
        """The same warning once more, kindly, to who makes light of it."""
        voice = self.content.voice
        return Reply(
            kind="escalation", tier=tier, text=self.fill(voice.holding[tier], name=name),
            caveat=voice.caveats.get(tier, voice.caveats["escalation"]), sources=(Source(title=source, section=name),),
            links=self._standing_links(tier),
        )

    def _standing_links(self, tier: str) -> tuple[Link, ...]:
        lines, labels = self.region.lines, self.content.voice.links
        if tier == "emergency":
            return (Link(label=self.fill(labels["emergency"]), href=lines["emergency"][1]),)
        if tier == "crisis":
            return (Link(label=self.fill(labels["crisis_call"]), href=lines["crisis"][1]),)
        return (self._clinic_link(),)

    # the rest

    def _clinic_link(self) -> Link:
        return Link(label=self.fill(self.content.voice.links["clinic"]), href=self.clinic.phone_href)

    def smalltalk(self, name: str) -> Reply:
        words, suggest = self.content.voice.smalltalk[name]
        text = self.fill(words)
        if name == "greet" and self.clinic.greeting:
            text = f"{self.clinic.greeting}\n\n{self._line('after_greeting')}"
        return Reply(kind="smalltalk", topic=name, text=text, suggestions=self.suggest(suggest))

    def clarify(self, topic_ids: Sequence[str]) -> Reply:
        return Reply(kind="clarify", text=self._line("clarify"), suggestions=self.suggest(topic_ids))

    def handoff(self) -> Reply:
        return self._handoff("handoff")

    def _handoff(self, line: str) -> Reply:
        links = [self._clinic_link()]
        if self.clinic.booking:
            links.append(Link(label=self.content.voice.links["booking"], href=self.clinic.booking))
        return Reply(kind="handoff", text=self._line(line), links=tuple(links))

    def source(self) -> Reply:
        title, url = self.content.article_title, self.content.article_url
        footnote = Source(title=title, section=next(iter(self.content.sections.values())), url=url)
        return Reply(kind="source", text=self._line("source"), sources=(footnote,))

    def privacy(self) -> Reply:
        words = [self._line("privacy"), *([self._line("privacy_inbox")] if self.clinic.inbox else [])]
        return Reply(kind="privacy", text=" ".join(words))

    def decline(self) -> Reply:
        return Reply(kind="decline", text=self._line("decline"), links=(self._clinic_link(),),
                     suggestions=self._offers())

    def not_covered(self) -> Reply:
        return Reply(kind="not_covered", text=self._line("not_covered"),
                     suggestions=self._offers())

    def out_of_scope(self) -> Reply:
        return Reply(kind="out_of_scope", text=self._line("out_of_scope"),
                     suggestions=self._offers())

    def _offers(self) -> tuple[Suggestion, ...]:
        """What a refusal offers instead; never nothing, since its words announce it."""
        return self.suggest(self.content.voice.refusal_suggest) or self.suggest(TOPICS)[:REFUSAL_OFFERS]

    def standing_lifted(self) -> Reply:
        return Reply(kind="smalltalk", topic="ack", text=self._line("standing_lifted"))

    def unavailable(self) -> Reply:
        lines, labels = self.region.lines, self.content.voice.links
        return Reply(kind="unavailable", text=self._line("unavailable"), links=(
            Link(label=self.fill(labels["emergency"]), href=lines["emergency"][1]), self._clinic_link(),
        ))

    def _line(self, name: str) -> str:
        return self.fill(self.content.voice.lines[name])

    # a whole turn

    def turn(self, flags: Sequence[RedFlag], content: Sequence[Reply], *, standing: str | None,
             standing_name: str, hands_on_before: bool = False) -> list[Reply]:
        """Red flags first; nothing else beside an emergency or a crisis; a standing tier is shown again where due.

        Args:
            flags: red flags of this message, most severe first.
            content: the replies to whatever else the message asks.
            standing: the highest tier told in earlier turns and still in force.
            standing_name: the readable name of the red flag that set it.
            hands_on_before: massage, heat or home treatment was spoken of before.
        """
        escalations = [self.escalate(flag) for flag in _told(flags)]
        highest = max((tier_rank(flag.tier) for flag in flags), default=0)
        if highest >= tier_rank("emergency"):
            return escalations
        if standing and tier_rank(standing) > highest:
            hands_on = next((n for n, reply in enumerate(content) if _is_hands_on(reply, hands_on_before)), None)
            if hands_on is not None:
                content = [*content]
                content[hands_on] = self.with_reminder(content[hands_on], standing, standing_name)
        return [*escalations, *content]


def _is_hands_on(reply: Reply, before: bool) -> bool:
    """Whether a reply is about what a warning may forbid, or offers it; a refusal stands where "which oil?" was asked,
    or "can I use a ball then?"."""
    if reply.kind == "not_covered" or reply.kind == "out_of_scope" and before:
        return True
    return reply.topic in HANDS_ON_TOPICS or reply.kind == "clarify" and any(
        suggestion.topic in HANDS_ON_TOPICS for suggestion in reply.suggestions
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(flags: Sequence[RedFlag]) -> list[RedFlag]:
    """Which red flags of a message are spoken of: the most severe one; crisis and emergency both."""
    if not flags:
        return []
    told = [flags[0]]
    if flags[0].tier in ("crisis", "emergency"):
        told += [f for f in flags[1:] if f.tier in ("crisis", "emergency") and f.tier != flags[0].tier][:1]
    return told
