"""All settings in one table, read once from the environment; a wrong one stops the start with its name."""
from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from bot.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Setting:
    name: str  # of the environment variable
    field: str
    default: str
    help: str


SETTINGS = (
    Setting(name="FOOTNOTE_VAR", field="var", default="var",
            help="folder for all that is kept: conversations, counts, keys, encoder"),
    Setting(name="FOOTNOTE_MODELS", field="models", default="models", help="folder of trained models"),
    Setting(name="FOOTNOTE_RATE_LIMIT", field="rate_limit", default="30/60",
            help="messages/seconds that one address may send; off: no limit"),
    Setting(name="FOOTNOTE_ANSWER_SECONDS", field="answer_seconds", default="3.0",
            help="how long a visitor waits before the unavailable reply"),
    Setting(name="FOOTNOTE_KEEP_DAYS", field="keep_days", default="30", help="days that a conversation is kept"),
    Setting(name="FOOTNOTE_TRUST_PROXY", field="trust_proxy", default="no",
            help="yes: take the visitor's address from X-Forwarded-For (only behind your own proxy)"),
    Setting(name="FOOTNOTE_DESK_USERS", field="desk_users", default="none",
            help="file of those who may use the desk's page (docs/desk.md); none: the page is off"),
    Setting(name="FOOTNOTE_DESK_HOSTS", field="desk_hosts", default="localhost 127.0.0.1 [::1]",
            help="names by which browsers reach the desk's page, without ports"),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`var`, `models` and `desk_users` are absolute; `rate_limit` is (messages, seconds) or None."""

    var: Path
    models: Path
    rate_limit: tuple[int, float] | None
    answer_seconds: float
    keep_days: int
    trust_proxy: bool
    desk_users: Path | None
    desk_hosts: tuple[str, ...]

    @property
    def encoder_folder(self) -> Path:
        return self.var / "encoder"

    @property
    def desk_database(self) -> Path:
        return self.var / "desk.sqlite3"

    @property
    def database(self) -> Path:
        return self.var / "conversations.sqlite3"

    @property
    def counts(self) -> Path:
        return self.var / "counts.sqlite3"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for.

    Raises:
        SetupError: a FOOTNOTE_ variable that nobody reads, or a value of the wrong form.
    """
    environment = os.environ if environment is None else environment
    known = {setting.name for setting in SETTINGS}
    for name in environment:
        if name.startswith("FOOTNOTE_") and name not in known:
            raise SetupError(f"{name} is no setting of Footnote; the settings are: {', '.join(sorted(known))}")
    values = {}
    for setting in SETTINGS:
        text = environment.get(setting.name, setting.default)
        try:
            values[setting.field] = _PARSERS[setting.field](text)
        except ValueError as error:
            raise SetupError(f"{setting.name}={text!r}: {error} ({setting.help})") from None
    return Settings(**values)


def _folder(text: str) -> Path:
    if not text.strip():
        raise ValueError("needs a folder")
    return (ROOT / text).resolve()


def _rate(text: str) -> tuple[int, float] | None:
    if text == "off":
        return None
    count, _, seconds = text.partition("/")
    if not (count.isdigit() and int(count) > 0 and seconds.replace(".", "", 1).isdigit() and float(seconds) > 0):
        raise ValueError("must look like 30/60, or be off")
    return int(count), float(seconds)


def _positive_seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 60:
        raise ValueError("must be more than 0 and at most 60")
    return value


def _days(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError("must be a whole number from 1")
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text == "yes"


def _file_or_none(text: str) -> Path | None:
    if not text.strip():
        raise ValueError("needs a file, or none")
    return None if text == "none" else (ROOT / text).resolve()


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(text.lower().split())
    if not hosts or not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("must be names of hosts without port or scheme, such as desk.example.org 127.0.0.1 [::1]")
    return hosts


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_PARSERS = {"var": _folder, "models": _folder, "rate_limit": _rate, "answer_seconds": _positive_seconds,
            "keep_days": _days, "trust_proxy": _yes, "desk_users": _file_or_none, "desk_hosts": _hosts}
assert set(_PARSERS) == {field.name for field in fields(Settings)}
