"""The inbox as a page: read groups, see the change that filing makes, write it."""
from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Path, Request
from fastapi.responses import RedirectResponse, Response

from bot.content import SERVICES, SMALLTALK, load_content
from bot.desk.filing import FilingRefused
from bot.desk.grouping import Group, group_messages
from bot.desk.inbox import Filing, carry_out, kept_message, moment
from bot.inbox.masking import MASKED
from bot.inbox.store import KeptMessage
from bot.intents import INTENTS
from bot.web.desk.refusals import Refused

if TYPE_CHECKING:
    from bot.web.desk.app import Desk

A_PAGE = 25  # groups
SHOWN_MOST = 5  # messages of a group that are shown at once
MOST_NUMBER = 2**53
Number = Annotated[int, Path(ge=1, le=MOST_NUMBER)]
REASONS = {
    "refused": "refused", "clarified": "asked back", "low_margin": "unsure", "thumbs_down": "rated down",
    "escalated": "escalated", "unhappy": "did not help", "repeated": "asked again",
}


def add_inbox_pages(app: FastAPI, desk: Desk) -> None:
    pages = InboxPages(desk)
    app.add_api_route("/inbox", pages.groups, methods=["GET"])
    app.add_api_route("/inbox/{number}", pages.message, methods=["GET"])
    app.add_api_route("/inbox/{number}/file", pages.show, methods=["POST"])
    app.add_api_route("/inbox/{number}/write", pages.write, methods=["POST"])


class InboxPages:
    """`/inbox` and what is below it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def groups(self, request: Request) -> Response:
        """The groups of like messages, the most frequent first."""
        asked = request.query_params
        clinic, since, problem = asked.get("clinic", ""), asked.get("since", "").strip(), ""
        try:
            begin = moment(since) if since else 0.0
        except ValueError as error:
            begin, problem = 0.0, str(error)
        every = self._desk.inbox.messages()
        messages = [m for m in every if m.at >= begin and clinic in ("", m.clinic)]
        if not every:
            self._desk.vectors.forget()
        groups = group_messages(messages, self._desk.vectors)
        page = min(_number(asked.get("page", "")), max(1, -(-len(groups) // A_PAGE)))
        shown = groups[(page - 1) * A_PAGE:page * A_PAGE]
        query = urlencode({key: value for key, value in (("clinic", clinic), ("since", since)) if value})
        return self._desk.pages.render(
            request, "inbox.html", groups=[_shown(group) for group in shown], messages=len(messages), all_groups=len(groups),
            clinics=sorted({message.clinic for message in every}), clinic=clinic, since=since, problem=problem, page=page,
            newer=page > 1, older=page * A_PAGE < len(groups), query=f"{query}&" if query else "", said=asked.get("said", ""),
            choices=choices(), empty=not every)

    def message(self, request: Request, number: Number) -> Response:
        """One message, with all that can be done with it."""
        return self._single(request, kept_message(self._desk.inbox, number))

    def show(self, request: Request, number: Number) -> Response:
        """What a filing would change; changes nothing."""
        message = kept_message(self._desk.inbox, number)
        filing = asked_filing(request.state.form)
        try:
            change = filing.plan(message, self._desk.root)
        except FilingRefused as error:
            return self._single(request, message, problem=str(error), words=filing.words, label=filing.label, status=422)
        also = [m for m in self._also(request.state.form) if m.id != message.id]
        return self._desk.pages.render(
            request, "filing.html", message=_message(message), filing=filing, title=titles().get(filing.label, filing.label),
            diff=change.diff(self._desk.root).splitlines() if change else [], also=[m.id for m in also],
            others=[_message(m) for m in also])

    def write(self, request: Request, number: Number) -> Response:
        """Does what was shown."""
        message, form = kept_message(self._desk.inbox, number), request.state.form
        filing, by = asked_filing(form), request.state.session.user.name
        also = [m.id for m in self._also(form)] if filing.kind == "drop" and form.get("all") else []
        try:
            carry_out(self._desk.inbox, message, filing, audit=self._desk.audit, by=by, root=self._desk.root,
                      also=[n for n in also if n != number])
        except FilingRefused as error:  # somebody was quicker: with this message, or with these words
            if self._desk.inbox.message(number) is None:
                raise
            return self._single(request, message, problem=str(error), words=filing.words, label=filing.label, status=409)
        return RedirectResponse(f"/inbox?said={filing.kind}#first", status_code=303)

    def _single(
        self, request: Request, message: KeptMessage, *, problem: str = "", words: str = "", label: str = "", status: int = 200,
    ) -> Response:
        return self._desk.pages.render(
            request, "message.html", status=status, group=_shown(Group(messages=(message,))), choices=choices(),
            problem=problem, words=words, label=label)

    def _also(self, form: Mapping[str, str]) -> Sequence[KeptMessage]:
        """The other messages of the group, as far as they are there still."""
        numbers = {int(text) for text in form.get("group", "").split(",") if text.isdecimal() and int(text) <= MOST_NUMBER}
        return [message for message in self._desk.inbox.messages() if message.id in numbers]


def asked_filing(form: Mapping[str, str]) -> Filing:
    """What a form asks for.

    Raises:
        Refused: nothing that there is.
    """
    do, words = form.get("do", ""), form.get("words", "").strip()
    if do == "drop":
        return Filing(kind="drop")
    if do == "evaluation":
        return Filing(kind="evaluation", label=form.get("intent", ""), words=words)
    label = {"train": form.get("intent", ""), "not_covered": "not_covered"}.get(do, do.removeprefix("guess:"))
    if label not in INTENTS:
        raise Refused(422, "Choose a topic from the list.")
    return Filing(kind="train", label=label, words=words)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


def _shown(group: Group) -> dict[str, object]:
    first, *others = group.messages
    guesses = [(name, titles()[name], p) for name, p in first.guesses if name in INTENTS]
    return {
        "number": first.id, "count": len(group.messages), "why": [REASONS.get(reason, reason) for reason in group.why],
        "clinics": sorted({message.clinic for message in group.messages}), "guesses": guesses,
        "first": _message(first), "others": [_message(message) for message in others[:SHOWN_MOST - 1]],
        "more": [_message(message) for message in others[SHOWN_MOST - 1:]],
        "numbers": ",".join(f"{message.id}" for message in group.messages[:1_000]),
    }


def _message(message: KeptMessage) -> dict[str, object]:
    return {"number": message.id, "at": message.at, "clinic": message.clinic, "text": " ".join(message.text.split()),
            "is_masked": bool(MASKED.search(message.text))}


@functools.lru_cache(maxsize=1)
def titles() -> Mapping[str, str]:
    """How people call the intents."""
    topics = {name: topic.title for name, topic in load_content().topics.items()}
    return {name: topics.get(name) or name.removeprefix("smalltalk_").replace("_", " ").capitalize() for name in INTENTS}


def choices() -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """(heading, [(intent, title)]) for the list of intents."""
    other = (*SERVICES, *(f"smalltalk_{name}" for name in SMALLTALK))
    return (
        ("Topics", sorted(((name, titles()[name]) for name in INTENTS if name not in other), key=lambda choice: choice[1])),
        ("Services", [(name, titles()[name]) for name in SERVICES]),
        ("Small talk", [(name, titles()[name]) for name in other if name not in SERVICES]),
    )
