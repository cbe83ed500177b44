"""What can become of a message of the inbox; the command line and the desk's page both do it by this."""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.conversations import ConversationStore
from bot.desk.audit import Audit
from bot.desk.files import Change, only_one
from bot.desk.filing import FilingRefused, file_for_evaluation, file_phrase
from bot.inbox.store import InboxStore, KeptMessage
from bot.settings import ROOT, Settings
from bot.text import compare_key

KINDS = ("train", "evaluation", "drop")


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What shall become of a message. `label`: the intent or, for the evaluation, the topic; `words`: what is filed in
    its place."""

    kind: str
    label: str = ""
    words: str = ""

    def plan(self, message: KeptMessage, root: Path = ROOT) -> Change | None:
        """The change that it makes to the checkout; None: none.

        Raises:
            FilingRefused, DataFileError: see `bot.desk.filing`.
        """
        text = self.words.strip() or message.text
        if self.kind == "drop":
            return None
        return (file_for_evaluation if self.kind == "evaluation" else file_phrase)(text, self.label, root)


def open_inbox(settings: Settings) -> InboxStore:
    return InboxStore(ConversationStore(settings.database, keep_days=settings.keep_days))


def kept_message(store: InboxStore, number: int) -> KeptMessage:
    """Raises:
        FilingRefused: there is none of this number.
    """
    message = store.message(number)
    if message is None:
        raise FilingRefused(f"there is no message {number} in the inbox (any more): somebody has filed or dropped it, or "
                            "its visitor has deleted it")
    return message


def carry_out(
    store: InboxStore, message: KeptMessage, filing: Filing, *, audit: Audit, by: str, root: Path = ROOT,
    also: Sequence[int] = (),
) -> None:
    """File or drop a message, and clear the inbox of it and of those with the same words.

    Args:
        also: ids of further messages to drop with it.

    Raises:
        FilingRefused: as `Filing.plan`; or somebody else was quicker. Nothing has changed.
    """
    audit.ready()
    with only_one(root):
        change = filing.plan(message, root)  # anew: somebody may have filed since it was shown
        kept_message(store, message.id)
        if change is not None:
            change.write()
        store.remove([*_same(store, message), *also])
    audit.note(by, {"train": "filed", "evaluation": "filed for evaluation", "drop": "dropped"}[filing.kind],
               f"message {message.id}" + (f" and {len(also)} more" if also else "")
               + (f" -> {filing.label}" if filing.label else ""))


def _same(store: InboxStore, message: KeptMessage) -> list[int]:
    """The message and those with the same words."""
    key = compare_key(message.text)
    return [other.id for other in store.messages() if compare_key(other.text) == key]


def moment(text: str) -> float:
    """Seconds since 1970 of a date such as 2026-11-01, or of so many days ago, such as 7d.

    Raises:
        ValueError: it is neither.
    """
    days = re.fullmatch(r"(\d{1,4})d", text)
    if days:
        return (dt.datetime.now() - dt.timedelta(days=int(days[1]))).timestamp()
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").timestamp()
    except ValueError:
        raise ValueError(f"{text!r} is neither a date such as 2026-11-01 nor days such as 7d") from None
