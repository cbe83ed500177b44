"""Whom requests may come from, the headers of every answer, and what a failure tells."""
from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from fastapi import Request

from bot.web.desk.app import create_desk
from bot.web.desk.edge import without_port
from tests.web.desk.conftest import TestClient

OWN = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize("host", ["localhost", "localhost:8001", "127.0.0.1:8001", "[::1]:8001", "LOCALHOST"])
def test_desk_is_called_by_its_own_names(client_of, host: str) -> None:
    assert client_of().client.get("/sign-in", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8001", "", "desk", "[::2]:8001", "0.0.0.0"])
def test_foreign_name_that_leads_here_is_refused(client_of, host: str) -> None:
    for path in ("/sign-in", "/", "/desk.css", "/nothing"):
        response = client_of("shipper").client.get(path, headers={"host": host})
        assert response.status_code == 421 and "FOOTNOTE_DESK_HOSTS" in response.text


def test_forwarded_name_counts_behind_an_own_proxy_only(desk, client_of) -> None:
    headers = {"host": "localhost", "x-forwarded-host": "evil.example"}
    assert client_of().client.get("/sign-in", headers=headers).status_code == 200
    behind = replace(desk, settings=replace(desk.settings, trust_proxy=True, desk_hosts=("desk.example.org",)))
    with TestClient(create_desk(behind), base_url="http://localhost") as client:
        assert client.get("/sign-in", headers=headers).status_code == 421
        assert client.get("/sign-in", headers={"x-forwarded-host": "desk.example.org"}).status_code == 200


@pytest.mark.parametrize(("headers", "get", "post"), [
    ({}, True, True),  # no browser; the form token must be right all the same
    (OWN, True, True),
    ({**OWN, "origin": "http://localhost:8001"}, True, True),
    ({**OWN, "origin": "null"}, True, True),  # so browsers send a form from a page with our referrer policy
    ({"sec-fetch-site": "none"}, True, False),  # the address bar
    ({"sec-fetch-site": "cross-site"}, False, False),
    ({"sec-fetch-site": "same-site"}, False, False),  # another port of this machine: the visitors' server
    ({**OWN, "origin": "https://evil.example"}, False, False),
    ({"origin": "https://evil.example"}, False, False),
    ({"origin": "http://localhost:8000"}, False, False),
    ({"origin": "null"}, False, False),
    ({"origin": "http://localhost:x"}, False, False),
    ({"origin": "http://localhost:8001"}, True, True),
])
def test_requests_of_other_sites_are_refused(client_of, desk, headers, get: bool, post: bool) -> None:
    browser = client_of("shipper")
    assert (browser.client.get("/inbox", headers=headers).status_code == 200) == get
    response = browser.client.post("/models/train", data={"token": browser.token}, headers=headers)
    assert (response.status_code == 303) == post and bool(desk.jobs.latest(1)) == post


def test_every_answer_has_the_headers(client_of, desk, monkeypatch) -> None:
    browser, nobody = client_of("shipper"), client_of()
    answers = [
        browser.get("/"), browser.get("/audit.csv"), browser.get("/desk.css"), browser.get("/nothing"), nobody.get("/"),
        nobody.get("/sign-in"), browser.client.put("/"), nobody.client.get("/", headers={"host": "evil.example"}),
        nobody.post("/sign-in", name="x", password="y"), browser.get("/inbox/x"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert not [name for name in answer.headers if name.startswith("access-control-") or name == "strict-transport-security"]


def test_another_sites_preflight_gets_nothing(client_of) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "GET"}
    response = client_of().client.options("/inbox", headers=asked)
    assert response.status_code == 403 and "access-control-allow-origin" not in response.headers


def test_pages_have_no_script_or_style_of_their_own(client_of, keep, archive) -> None:
    keep("is it safe"), archive("a")
    browser = client_of("shipper")
    for path in ("/", "/inbox", "/models", "/audit", "/sign-in"):
        page = browser.get(path).text
        assert "style=" not in page and "<style" not in page and " on" + "click" not in page
        assert page.count("<script") == 1 and '<script src="/desk.js" defer></script>' in page


def test_address_is_escaped_where_a_page_shows_it(client_of) -> None:
    evil = "/inbox?clinic=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&since=%3Cb%3E"
    assert "<script>alert" not in client_of("reader").get(evil).text and "<b>" not in client_of("reader").get(evil).text


@pytest.mark.parametrize("path", [
    "/inbox/0", "/inbox/-1", "/inbox/x", "/inbox/99999999999999999999", "/jobs/7", "/nothing", "/desk"])
def test_what_is_not_there_is_said_to_be_missing(client_of, path: str) -> None:
    response = client_of("reader").get(path)
    assert response.status_code == 404 and "There is no such" in response.text


def test_failure_is_logged_without_its_text_and_told_without_details(client_of, desk, caplog) -> None:
    app = create_desk(desk)

    def broken(request: Request) -> None:
        raise RuntimeError("what a visitor said")

    def full(request: Request) -> None:
        raise sqlite3.OperationalError("disk is full of what a visitor said")

    app.router.routes[:] = [route for route in app.router.routes if not route.path.startswith("/figures")]
    app.add_api_route("/figures", broken, methods=["GET"])
    app.add_api_route("/figures.csv", full, methods=["GET"])
    with TestClient(app, base_url="http://localhost:8001", raise_server_exceptions=False) as client:
        client.cookies = client_of("reader").client.cookies
        assert client.get("/figures").status_code == 500 and client.get("/figures.csv").status_code == 503
        assert "visitor" not in client.get("/figures").text + client.get("/figures.csv").text + caplog.text
    assert "RuntimeError" in caplog.text


def test_port_is_cut_off_a_host() -> None:
    assert [without_port(host) for host in ("a:1", "a", "[::1]:8", "[::1]", "[::1", "")] == ["a", "a", "[::1]", "[::1]", "[", ""]
