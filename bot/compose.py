"""Makes replies out of the content: which words, which footnotes, which links. No medicine is decided here.

`Speaker` joins the content with one clinic; actions, the web layer's last resort and the terminal use it.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.clinics import Clinic
from bot.content import HANDS_ON_TOPICS, Content, Topic
from bot.red_flags import RedFlag
from bot.reply import Link, Reply, Source, Suggestion, tier_rank

LINES = ("emergency", "crisis", "poison", "violence")


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Speaks the content in the name of a clinic."""

    content: Content
    clinic: Clinic
    keep_days: int = 30

    def fill(self, text: str, **more: str) -> str:
        """`text` with the clinic's and the region's names and numbers in place of {…}."""
        region = self.content.help_lines[self.clinic.region]
        # A line that the region does not have is the emergency number's business.
        numbers = {key: region.lines.get(key, region.lines["emergency"])[0] for key in LINES}
        words = {**region.words, "Reach_crisis": _capital(region.words["reach_crisis"])}
        return text.format(
            clinic=self.clinic.name, phone=self.clinic.phone, hours=self.clinic.hours,
            keep_days=self.keep_days, **numbers, **words, **more,
        )

    # answers

    def answer(self, topic_id: str) -> Reply:
        topic = self.content.topics[topic_id]
        short = [topic.short, *(self.content.voice.precautions[name] for name in topic.precautions)]
        return Reply(
            kind="answer", topic=topic.id, text="\n\n".join(short), detail=topic.detail, caveat=topic.caveat,
            sources=self._footnotes(topic), suggestions=self.suggest(topic.related),
        )

    def more(self, topic_id: str) -> Reply:
        """What the short answer held back, for who asks on or asks the same again."""
        reply, topic = self.answer(topic_id), self.content.topics[topic_id]
        lead = [self._line("more"), topic.detail, *(self.content.voice.precautions[name] for name in topic.precautions)]
        return replace(reply, text="\n\n".join(lead), detail=None)

    def _footnotes(self, topic: Topic) -> tuple[Source, ...]:
        """One footnote a section of the article, then the outside sources that correct or limit it."""
        sections = dict.fromkeys(claim.section for claim in topic.claims)
        article = [
            Source(title=self.content.article_title, section=self.content.sections[section], url=self.content.article_url)
            for section in sections
        ]
        return (*article, *(Source(title=s.name, section=s.supports, url=s.url) for s in topic.sources))

    def suggest(self, topic_ids: Iterable[str]) -> tuple[Suggestion, ...]:
        topics = [self.content.topics[topic_id] for topic_id in topic_ids]
        return tuple(Suggestion(title=topic.title, text=topic.ask, topic=topic.id) for topic in topics)

    # red flags

    def escalate(self, flag: RedFlag) -> Reply:
        """The reply to one red flag: action first, one line of why, one safety line."""
        voice = self.content.voice
        region = self.content.help_lines[self.clinic.region]
        tell = [self.fill(flag.action), self.fill(flag.why), self.fill(flag.safety)]
        if flag.tier in ("emergency", "crisis") and region.elsewhere:
            tell.append(region.elsewhere)
        caveat = voice.caveats.get(flag.tier, voice.caveats["escalation"])
        return Reply(
            kind="escalation", tier=flag.tier, text="\n\n".join(tell), caveat=caveat,
            sources=(Source(title=flag.source, section=flag.name),), links=self._help_links(flag),
        )

    def _help_links(self, flag: RedFlag) -> tuple[Link, ...]:
        """The lines that a rule asks for; where only a doctor is wanted, the clinic's phone."""
        known = self.content.help_lines[self.clinic.region].lines
        labels = self.content.voice.links
        links = []
        for key in flag.help_lines:
            if key not in known:
                continue
            _, href, text_href = known[key]
            links.append(Link(label=self.fill(labels["crisis_call" if key == "crisis" else key]), href=href))
            if text_href:
                links.append(Link(label=self.fill(labels["crisis_text"]), href=text_href))
        if flag.tier in ("urgent", "caution"):
            links.append(self._clinic_link())
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
        lines, labels = self.content.help_lines[self.clinic.region].lines, self.content.voice.links
        if tier == "emergency":
            return (Link(label=self.fill(labels["emergency"]), href=lines["emergency"][1]),)
        if tier == "crisis":
            return (Link(label=self.fill(labels["crisis_call"]), href=lines["crisis"][1]),)
        return (self._clinic_link(),)

    # the rest

    def _clinic_link(self) -> Link:
        return Link(label=self.fill(self.content.voice.links["clinic"]), href=self.clinic.phone_href)

    def smalltalk(self, name: str) -> Reply:
        text, suggest = self.content.voice.smalltalk[name]
        return Reply(kind="smalltalk", topic=name, text=self.fill(text), suggestions=self.suggest(suggest))

    def clarify(self, topic_ids: Sequence[str]) -> Reply:
        return Reply(kind="clarify", text=self._line("clarify"), suggestions=self.suggest(topic_ids))

    def handoff(self) -> Reply:
        links = [self._clinic_link()]
        if self.clinic.booking:
            links.append(Link(label=self.content.voice.links["booking"], href=self.clinic.booking))
        return Reply(kind="handoff", text=self._line("handoff"), links=tuple(links))

    def source(self) -> Reply:
        title, url = self.content.article_title, self.content.article_url
        footnote = Source(title=title, section=next(iter(self.content.sections.values())), url=url)
        return Reply(kind="source", text=self._line("source"), sources=(footnote,))

    def privacy(self) -> Reply:
        return Reply(kind="privacy", text=self._line("privacy"))

    def decline(self) -> Reply:
        return Reply(kind="decline", text=self._line("decline"), links=(self._clinic_link(),),
                     suggestions=self.suggest(self.content.voice.refusal_suggest))

    def not_covered(self) -> Reply:
        return Reply(kind="not_covered", text=self._line("not_covered"),
                     suggestions=self.suggest(self.content.voice.refusal_suggest))

    def out_of_scope(self) -> Reply:
        return Reply(kind="out_of_scope", text=self._line("out_of_scope"),
                     suggestions=self.suggest(self.content.voice.refusal_suggest))

    def standing_lifted(self) -> Reply:
        return Reply(kind="smalltalk", topic="ack", text=self._line("standing_lifted"))

    def unavailable(self) -> Reply:
        lines, labels = self.content.help_lines[self.clinic.region].lines, self.content.voice.links
        return Reply(kind="unavailable", text=self._line("unavailable"), links=(
            Link(label=self.fill(labels["emergency"]), href=lines["emergency"][1]), self._clinic_link(),
        ))

    def _line(self, name: str) -> str:
        return self.fill(self.content.voice.lines[name])

    # a whole turn

    def turn(self, flags: Sequence[RedFlag], content: Sequence[Reply], *, standing: str | None,
             standing_name: str) -> list[Reply]:
        """Red flags first; nothing else beside an emergency or a crisis; a standing tier is shown again where due.

        Args:
            flags: red flags of this message, most severe first.
            content: the replies to whatever else the message asks.
            standing: the highest tier told in earlier turns and still in force.
            standing_name: the readable name of the red flag that set it.
        """
        escalations = [self.escalate(flag) for flag in _told(flags)]
        highest = max((tier_rank(flag.tier) for flag in flags), default=0)
        if highest >= tier_rank("emergency"):
            return escalations
        if standing and tier_rank(standing) > highest:
            hands_on = next((n for n, reply in enumerate(content) if _is_hands_on(reply)), None)
            if hands_on is not None:
                content = [*content]
                content[hands_on] = self.with_reminder(content[hands_on], standing, standing_name)
        return [*escalations, *content]


def _is_hands_on(reply: Reply) -> bool:
    """Whether a reply is about what a warning may forbid, or offers it."""
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
