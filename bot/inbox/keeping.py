"""Keeps messages worth a human look, after their reply is out.

A thread of its own masks and writes. Its queue is bounded and never waited for: what does not fit is left out, and
whatever breaks here is logged by its class and costs nobody an answer.
"""
from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial

from bot.clinics import DEFAULT_CLINIC, Clinic
from bot.conversations import ConversationStore, digest_of
from bot.inbox.earlier import said_before_last, said_before_reply
from bot.inbox.masking import default_masker
from bot.inbox.reasons import answered_topics, reasons_of
from bot.inbox.store import Guesses, InboxStore
from bot.reply import Reply
from bot.text import compare_key

log = logging.getLogger(__name__)
WAITING_MOST = 200  # messages; at some milliseconds each they wait less than two seconds
REMEMBERED_MOST = 2_000  # conversations of which the last question is known
CLOSING_SECONDS = 5.0
Question = tuple[str, frozenset[str]]  # (digest of its words, topics answered)


def mask_by_default(text: str) -> str:
    return default_masker().mask(text)


class Inbox:
    """What the web layer tells of messages and ratings. Only clinics that have agreed (`inbox: true`) have one.

    Args:
        store: where conversations are kept.
        clinics: by id, as their files stand.
        mask: takes identifiers out of a message.
    """

    def __init__(
        self, store: ConversationStore, clinics: Mapping[str, Clinic], *, mask: Callable[[str], str] = mask_by_default,
    ) -> None:
        self._conversations, self._clinics, self._mask = store, clinics, mask
        self.kept = InboxStore(store)
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING_MOST)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._last: OrderedDict[str, Question] = OrderedDict()

    def heard(
        self, text: str, replies: tuple[Reply, ...], guesses: Guesses, *, conversation: str, clinic: str | None,
    ) -> None:
        """A message has been answered."""
        if self._agreeing(clinic) is not None:
            self._later(partial(self._keep_heard, text, replies, guesses, conversation, clinic))

    def rated_down(self, conversation: str, reply: str) -> None:
        """A reply did not help."""
        if any(clinic.inbox for clinic in self._clinics.values()):
            self._later(partial(self._keep_rated_down, conversation, reply))

    def forget(self, conversation: str) -> None:
        """Drop what is remembered of a conversation; what is kept goes with `ConversationStore.delete`."""
        self._last.pop(digest_of(conversation), None)

    def withdraw(self) -> None:
        """Forget what is kept for clinics that do not agree any more."""
        self.kept.withdraw([clinic.id for clinic in self._clinics.values() if clinic.inbox])

    def close(self) -> None:
        """Write what waits, for a few seconds at most."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            try:
                self._queue.put(None, timeout=CLOSING_SECONDS)
            except queue.Full:
                return  # the thread is stuck; as a daemon it ends with the process
            thread.join(CLOSING_SECONDS)
        self.kept.close()

    def _agreeing(self, clinic: str | None) -> Clinic | None:
        known = self._clinics.get(clinic or DEFAULT_CLINIC)
        return known if known is not None and known.inbox else None

    def _later(self, work: Callable[[], None]) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="footnote-inbox", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            log.warning("the inbox is behind; a message was left out")

    # inside the thread

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the next message may be kept again
                # The class only: an exception's text may quote the visitor.
                log.error("a message was not kept in the inbox: %s", type(error).__name__)

    def _keep_heard(
        self, text: str, replies: tuple[Reply, ...], guesses: Guesses, conversation: str, clinic: str | None,
    ) -> None:
        why = reasons_of(replies, guesses)
        if self._is_repeated(text, replies, guesses, conversation):
            why = (*why, "repeated")
        if "unhappy" in why:  # what did not help is the answer before
            said = said_before_last(self._conversations.events(conversation))
            if said is not None:
                text, guesses = said.text, said.guesses
        if why:
            self._keep(conversation, text, why, guesses, clinic)

    def _keep_rated_down(self, conversation: str, reply: str) -> None:
        said = said_before_reply(self._conversations.events(conversation), reply)
        if said is not None:
            self._keep(conversation, said.text, ("thumbs_down",), said.guesses, said.clinic)

    def _keep(self, conversation: str, text: str, why: tuple[str, ...], guesses: Guesses, clinic: str | None) -> None:
        known = self._agreeing(clinic)
        if known is None:
            return
        days = min(self._conversations.keep_days, known.keep_days or self._conversations.keep_days)
        self.kept.keep(conversation, self._mask(text), why=why, guesses=guesses, clinic=known.id, days=days)

    def _is_repeated(self, text: str, replies: tuple[Reply, ...], guesses: Guesses, conversation: str) -> bool:
        """Whether the visitor asks once more what was asked just before, in the same words or others.

        "Tell me more" is none: there the topic is the context's, and no guess from the words.
        """
        key, topics = digest_of(conversation), answered_topics(replies)
        question = (digest_of(compare_key(text)), topics)
        before = self._last.pop(key, None)
        self._last[key] = question
        while len(self._last) > REMEMBERED_MOST:
            self._last.popitem(last=False)
        if before is None:
            return False
        return question[0] == before[0] or bool(guesses) and guesses[0][0] in topics & before[1]
