"""Signing in and out: cookies, wrong names and passwords, guessing, and what ends a session."""
from __future__ import annotations

import pytest

from bot.desk.access.lockout import OF_NAME
from bot.desk.access.users import changing_users
from tests.web.desk.conftest import PASSWORD


def cookie(response) -> dict[str, str]:
    name, *attributes = response.headers["set-cookie"].split("; ")
    return {"name": name.partition("=")[0], **{part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}}


def test_right_password_opens_a_session(client_of, noted) -> None:
    browser = client_of()
    response = browser.client.post("/sign-in", data={"name": "editor", "password": PASSWORD})
    assert response.status_code == 303 and response.headers["location"] == "/"
    assert cookie(response) == {"name": "footnote_desk", "httponly": "", "path": "/", "samesite": "strict"}
    assert "editor, editor" in browser.get("/").text and noted() == [("editor", "signed in", "")]


def test_cookie_travels_by_tls_only_unless_the_desk_is_on_this_machine(client_of, desk) -> None:
    object.__setattr__(desk.settings, "desk_hosts", ("desk.example.org", "localhost"))
    client = client_of().client
    client.base_url = "https://desk.example.org"
    response = client.post("/sign-in", data={"name": "editor", "password": PASSWORD})
    assert cookie(response) == {"name": "__Host-footnote_desk", "httponly": "", "path": "/", "samesite": "strict", "secure": ""}
    assert client.get("/").status_code == 200
    client.base_url = "http://desk.example.org"
    assert client.get("/").status_code == 303, "the browser keeps it to itself"


@pytest.mark.parametrize(("name", "password"), [
    ("editor", "wrong"), ("editor", ""), ("nobody", PASSWORD), ("", PASSWORD), ("Editor", PASSWORD), ("editor", PASSWORD + " "),
    ("editor", "x" * 60_000), ("ed\x00itor", PASSWORD),
])
def test_wrong_name_and_wrong_password_look_the_same(client_of, name: str, password: str) -> None:
    response = client_of().sign_in(name, password)
    assert response.status_code == 401 and "The name or the password is wrong." in response.text
    assert "set-cookie" not in response.headers and (not name or len(name) < 3 or f'value="{name}"' not in response.text)


def test_failed_sign_in_is_noted_by_known_names_only(client_of, noted) -> None:
    client_of().sign_in("editor", "wrong")
    client_of().sign_in("a secret typed here", "wrong")
    assert noted() == [("editor", "failed sign-in", ""), ("", "failed sign-in", "")]


def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(client_of, noted) -> None:
    said = {}
    for name in ("editor", "nobody"):
        browser = client_of()
        answers = [browser.sign_in(name, "wrong") for _ in range(OF_NAME)] + [browser.sign_in(name, PASSWORD)]
        assert [answer.status_code for answer in answers] == [401] * OF_NAME + [429]
        assert 55 <= int(answers[-1].headers["retry-after"]) <= 60 and "Wait" in answers[-1].text
        said[name] = answers[0].text
    assert said["editor"] == said["nobody"]
    assert client_of().sign_in("editor").status_code == 429, "also by another browser"


@pytest.mark.parametrize("after", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", "/../x", "/%2f"])
def test_nobody_is_sent_to_another_site(client_of, after: str) -> None:
    assert client_of().sign_in("editor", next=after).headers["location"] == "/"
    assert "evil" not in client_of().get("/sign-in", params={"next": after}).text


def test_one_comes_back_to_the_page_that_one_wanted(client_of) -> None:
    assert client_of().sign_in("editor", next="/inbox/12").headers["location"] == "/inbox/12"
    assert 'value="/models"' in client_of().get("/sign-in?next=/models").text


def test_signing_in_again_gives_a_new_id_and_ends_the_old(client_of, desk) -> None:
    browser = client_of("editor")
    before = browser.client.cookies["footnote_desk"]
    browser.sign_in("reader")
    assert browser.client.cookies["footnote_desk"] != before and desk.sessions.find(before) is None


def test_id_that_an_attacker_has_planted_is_not_taken_up(client_of, desk) -> None:
    browser = client_of()
    browser.client.cookies.set("footnote_desk", "planted")
    browser.sign_in("editor")
    assert desk.sessions.find("planted") is None


def test_sign_out_ends_the_session_on_the_server(client_of, desk, noted) -> None:
    browser = client_of("editor")
    token = browser.client.cookies["footnote_desk"]
    response = browser.post("/sign-out")
    assert response.headers["location"] == "/sign-in" and "Max-Age=0" in response.headers["set-cookie"]
    assert desk.sessions.find(token) is None and noted()[-1] == ("editor", "signed out", "")


def test_removed_user_is_out_at_once_and_a_lesser_role_holds_at_once(client_of, desk) -> None:
    browser = client_of("shipper")
    with changing_users(desk.users.path) as known:
        known["shipper"] = known["reader"].__class__(name="shipper", role="reader", password=known["shipper"].password)
    assert browser.post("/models/train").status_code == 403 and browser.get("/models").status_code == 200
    with changing_users(desk.users.path) as known:
        del known["shipper"]
    assert browser.get("/models").status_code == 303


def test_broken_file_of_users_lets_nobody_in_and_shows_nothing_of_it(client_of, desk, caplog) -> None:
    browser = client_of("shipper")
    desk.users.path.write_text("users: [")
    for response in (browser.get("/models"), client_of().client.post("/sign-in", data={"name": "editor", "password": PASSWORD})):
        assert response.status_code == 503 and str(desk.users.path) not in response.text


def test_form_of_the_page_works_without_script(client_of) -> None:
    page = client_of().get("/sign-in").text
    assert 'autocomplete="current-password"' in page and 'method="post" action="/sign-in"' in page
