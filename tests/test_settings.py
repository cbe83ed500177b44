"""Settings are read once; a wrong one stops the start and says its name."""
from __future__ import annotations

import pytest

from bot.errors import SetupError
from bot.settings import ROOT, SETTINGS, read_settings

NAMES = ", ".join(sorted(setting.name for setting in SETTINGS))


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings.var == ROOT / "var" and settings.models == ROOT / "models"
    assert settings.rate_limit == (30, 60.0)
    assert (settings.answer_seconds, settings.keep_days, settings.trust_proxy) == (3.0, 30, False)
    assert settings.database == ROOT / "var" / "conversations.sqlite3"
    assert settings.encoder_folder == ROOT / "var" / "encoder"


@pytest.mark.parametrize(("name", "text", "field", "expected"), [
    ("FOOTNOTE_VAR", "/srv/kept", "var", "/srv/kept"),
    ("FOOTNOTE_MODELS", "other/models", "models", str(ROOT / "other" / "models")),
    ("FOOTNOTE_RATE_LIMIT", "off", "rate_limit", "None"),
    ("FOOTNOTE_RATE_LIMIT", "5/0.5", "rate_limit", "(5, 0.5)"),
    ("FOOTNOTE_ANSWER_SECONDS", "0.25", "answer_seconds", "0.25"),
    ("FOOTNOTE_ANSWER_SECONDS", "60", "answer_seconds", "60.0"),
    ("FOOTNOTE_KEEP_DAYS", "1", "keep_days", "1"),
    ("FOOTNOTE_TRUST_PROXY", "yes", "trust_proxy", "True"),
    ("FOOTNOTE_DESK_USERS", "none", "desk_users", "None"),
    ("FOOTNOTE_DESK_USERS", "var/people.yml", "desk_users", str(ROOT / "var" / "people.yml")),
    ("FOOTNOTE_DESK_HOSTS", "Desk.example.org  [::1]", "desk_hosts", "('desk.example.org', '[::1]')"),
])
def test_a_setting_is_read_from_its_variable(name: str, text: str, field: str, expected: str) -> None:
    assert str(getattr(read_settings({name: text}), field)) == expected


@pytest.mark.parametrize(("name", "text", "problem"), [
    ("FOOTNOTE_VAR", " ", "needs a folder"),
    ("FOOTNOTE_MODELS", "", "needs a folder"),
    *(("FOOTNOTE_RATE_LIMIT", text, "must look like 30/60, or be off")
      for text in ("", "30", "0/60", "30/0", "-1/60", "30/x", "OFF", "30/60/2")),
    *(("FOOTNOTE_ANSWER_SECONDS", text, "must be more than 0 and at most 60") for text in ("0", "-1", "61", "nan", "inf")),
    ("FOOTNOTE_ANSWER_SECONDS", "soon", "could not convert string to float: 'soon'"),
    *(("FOOTNOTE_KEEP_DAYS", text, "must be a whole number from 1") for text in ("0", "-3", "1.5", "", "all")),
    ("FOOTNOTE_DESK_USERS", "", "needs a file, or none"),
    *(("FOOTNOTE_DESK_HOSTS", text, "must be names of hosts without port or scheme, such as desk.example.org 127.0.0.1 [::1]")
      for text in ("", "https://desk.example.org", "desk.example.org:8001", "*", "a/b")),
    *(("FOOTNOTE_TRUST_PROXY", text, "must be yes or no") for text in ("true", "1", "", "Yes")),
])
def test_a_value_of_the_wrong_form_is_refused_with_name_and_help(name: str, text: str, problem: str) -> None:
    help_text = next(setting.help for setting in SETTINGS if setting.name == name)
    with pytest.raises(SetupError) as raised:
        read_settings({name: text})
    assert str(raised.value) == f"{name}={text!r}: {problem} ({help_text})"


def test_a_variable_that_nobody_reads_is_refused() -> None:
    with pytest.raises(SetupError) as raised:
        read_settings({"FOOTNOTE_RATELIMIT": "off"})
    assert str(raised.value) == f"FOOTNOTE_RATELIMIT is no setting of Footnote; the settings are: {NAMES}"


def test_variables_of_others_are_left_alone() -> None:
    assert read_settings({"RATE_LIMIT": "x", "footnote_var": "x", "PATH": "/bin"}) == read_settings({})


def test_every_setting_has_a_help_text_and_a_default_that_reads() -> None:
    for setting in SETTINGS:
        assert setting.help and setting.name.startswith("FOOTNOTE_")
        assert read_settings({setting.name: setting.default}) == read_settings({})
