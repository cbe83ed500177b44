"""Every route, by every method, for everybody: the server decides, and what nobody has thought of is closed."""
from __future__ import annotations

import re

import pytest
from fastapi import Request
from fastapi.responses import PlainTextResponse

from bot.web.desk.access import RULES
from bot.web.desk.app import create_desk

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
EVERYBODY = (None, "reader", "editor", "shipper")
# path -> method -> who may; written apart from the application's own table
EXPECTED = {
    "/sign-in": {"GET": EVERYBODY, "POST": EVERYBODY},
    "/sign-out": {"POST": EVERYBODY[1:]},
    "/desk.css": {"GET": EVERYBODY}, "/desk.js": {"GET": EVERYBODY}, "/icon.svg": {"GET": EVERYBODY},
    "/": {"GET": EVERYBODY[1:]},
    "/inbox": {"GET": EVERYBODY[1:]},
    "/inbox/{number}": {"GET": EVERYBODY[1:]},
    "/inbox/{number}/file": {"POST": ("editor", "shipper")},
    "/inbox/{number}/write": {"POST": ("editor", "shipper")},
    "/models": {"GET": EVERYBODY[1:]},
    "/models/comparison": {"GET": EVERYBODY[1:]}, "/models/comparison.png": {"GET": EVERYBODY[1:]},
    "/models/train": {"POST": ("shipper",)}, "/models/compare": {"POST": ("shipper",)}, "/models/ship": {"POST": ("shipper",)},
    "/models/roll-back": {"POST": ("shipper",)},
    "/jobs/{number}": {"GET": EVERYBODY[1:]}, "/jobs/{number}/stop": {"POST": ("shipper",)},
    "/figures": {"GET": EVERYBODY[1:]}, "/figures.csv": {"GET": EVERYBODY[1:]}, "/figures.css": {"GET": EVERYBODY},
    "/audit": {"GET": EVERYBODY[1:]}, "/audit.csv": {"GET": EVERYBODY[1:]},
}


def routes(app) -> set[str]:
    return {route.path for route in app.routes}


def test_every_route_is_in_the_table_and_every_rule_has_a_route(desk) -> None:
    found = routes(create_desk(desk))
    assert found == {path for _, path in RULES} == set(EXPECTED)


@pytest.mark.parametrize("role", EVERYBODY)
def test_route_lets_in_whom_it_must_and_nobody_else(desk, client_of, keep, role) -> None:
    wrong, browser = [], client_of(role)
    for path in sorted(routes(create_desk(desk))):
        for method in METHODS:
            if path == "/sign-out":  # ends the session
                browser = client_of(role)
            number = keep(f"a message for {method} {path}", conversation=path + method)
            response = browser.client.request(
                method, path.replace("{number}", f"{number}"), data={"token": browser.token, "do": "drop", "model": "x"})
            turned_away = response.status_code in (401, 403, 405) and "name or the password" not in response.text
            turned_away |= response.headers.get("location", "").startswith("/sign-in?")
            expected = EXPECTED[path].get(method, ())
            if turned_away == (role in expected):
                wrong.append((method, path, response.status_code))
            if method not in EXPECTED[path] and response.status_code != 405:
                wrong.append((method, path, response.status_code))
    assert wrong == []


def test_nobody_is_led_to_the_sign_in_page_and_a_form_is_not_done(client_of, keep, desk) -> None:
    browser, number = client_of(), keep("a message")
    assert browser.get("/models").headers["location"] == "/sign-in?next=/models"
    for path in (f"/inbox/{number}/write", "/models/train", "/sign-out"):
        assert browser.post(path, do="drop").status_code == 401
    assert len(desk.inbox.messages()) == 1 and desk.jobs.latest(1) == []
    script = browser.client.get("/jobs/1", headers={"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"})
    assert script.status_code == 401, "a script is not sent to a page for people"


def test_route_that_nobody_has_thought_of_is_closed(desk, client_of) -> None:
    app = create_desk(desk)

    def forgotten(request: Request) -> PlainTextResponse:
        return PlainTextResponse("secret")

    app.add_api_route("/forgotten", forgotten, methods=["GET"])
    from starlette.testclient import TestClient

    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        client.cookies = client_of("shipper").client.cookies
        assert client.get("/forgotten").status_code == 403
        client.cookies.clear()
        assert client.get("/forgotten").status_code == 403


def test_page_offers_only_what_one_may_do(client_of, keep, archive) -> None:
    keep("is it safe"), archive("a"), archive("b")
    reader, editor, shipper = (client_of(role) for role in ("reader", "editor", "shipper"))
    assert "/file" not in reader.get("/inbox").text and "/file" in editor.get("/inbox").text
    for browser, may in ((reader, False), (editor, False), (shipper, True)):
        forms = re.findall(r'action="(/models/[^"]+)"', browser.get("/models").text)
        assert bool(forms) == may


# Forms

@pytest.mark.parametrize("token", ["", "x", None])
def test_form_without_the_sessions_token_is_not_done(client_of, keep, desk, token) -> None:
    browser, number = client_of("shipper"), keep("a message")
    fields = {} if token is None else {"token": token}
    for path in (f"/inbox/{number}/write", "/models/train", "/sign-out"):
        response = browser.client.post(path, data={"do": "drop", **fields})
        assert response.status_code == 403 and "not of your session" in response.text
    assert len(desk.inbox.messages()) == 1 and desk.jobs.latest(1) == [] and browser.get("/").status_code == 200


def test_token_of_another_session_is_not_taken(client_of) -> None:
    one, other = client_of("shipper"), client_of("shipper")
    one.token = other.token
    assert one.post("/models/train").status_code == 403


@pytest.mark.parametrize(("sent", "status"), [
    ({"json": {"token": "x"}}, 415), ({"files": {"token": b"x"}}, 415), ({"content": b"x" * 70_000}, 413),
    ({"content": b"token=%ff"}, 400), ({"content": b"&".join([b"a=b"] * 50)}, 400),
])
def test_what_is_no_form_is_refused(client_of, sent: dict, status: int) -> None:
    browser = client_of("shipper")
    headers = {"content-type": "application/x-www-form-urlencoded"} if "content" in sent else {}
    assert browser.client.post("/models/train", headers=headers, **sent).status_code == status
