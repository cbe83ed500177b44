"""CORS: a site may use the chat of the clinics that allow it, and of no other."""
from __future__ import annotations

import dataclasses

import pytest
from starlette.testclient import TestClient

from bot.web.app import create_app
from bot.web.origins import foreign_origin

NORTH, SOUTH, EVIL = "https://north.example", "https://south.example", "https://evil.example"
SAME = "http://testserver"
ALL = [None, SAME, NORTH, SOUTH, EVIL, "null", "https://north.example.evil.example", "https://NORTH.example", "http://north.example"]


@pytest.fixture(scope="session")
def house_of_three(house):
    demo = house.clinics["demo"]
    clinics = {
        "demo": demo, "north": dataclasses.replace(demo, id="north", allowed_origins=(NORTH,)),
        "south": dataclasses.replace(demo, id="south", allowed_origins=(SOUTH, "http://localhost:3000")),
    }
    return dataclasses.replace(house, clinics=clinics)


@pytest.fixture
def client(engine, store, house_of_three, settings_for):
    return TestClient(create_app(settings_for(), engine, store, house_of_three))


def headers(origin: str | None, **more: str) -> dict[str, str]:
    return {**({"origin": origin} if origin else {}), **more}


def assert_readable_by(response, origin: str | None) -> None:
    """Only by that site's scripts; by nobody's where it is None."""
    assert response.headers.get("access-control-allow-origin") == origin
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"]


def assert_refused(assert_error, response) -> None:
    assert_error(response, 403, "origin_not_allowed")
    assert_readable_by(response, None)


@pytest.mark.parametrize("origin", ALL)
@pytest.mark.parametrize(("clinic", "allows"), [(None, set()), ("demo", set()), ("north", {NORTH}), ("south", {SOUTH})])
def test_a_message_is_taken_from_the_sites_of_its_clinic(client, engine, assert_error, clinic, allows, origin) -> None:
    response = client.post("/api/v1/messages", json={"text": "hi", "clinic": clinic}, headers=headers(origin))
    if origin in (None, SAME, *allows):
        assert response.status_code == 200
        assert_readable_by(response, origin if origin in allows else None)
    else:
        assert_refused(assert_error, response)
        assert engine.heard == []


@pytest.mark.parametrize("origin", ALL)
@pytest.mark.parametrize(("clinic", "allows"), [("demo", set()), ("north", {NORTH}), ("south", {SOUTH})])
def test_a_profile_is_given_to_the_sites_of_its_clinic(client, assert_error, clinic, allows, origin) -> None:
    response = client.get(f"/api/v1/clinics/{clinic}", headers=headers(origin))
    if origin in (None, SAME, *allows):
        assert response.status_code == 200
        assert_readable_by(response, origin if origin in allows else None)
    else:
        assert_refused(assert_error, response)


@pytest.mark.parametrize("origin", ALL)
@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "/api/v1/feedback", {"reply": "x", "rating": "up"}), ("DELETE", "/api/v1/conversation", {}),
])
def test_feedback_and_deletion_are_taken_from_any_clinics_sites(client, assert_error, method, path, body, origin) -> None:
    token = client.post("/api/v1/messages", json={"text": "hi"}).json()["conversation"]
    response = client.request(method, path, json={**body, "conversation": token}, headers=headers(origin))
    if origin in (None, SAME, NORTH, SOUTH):
        assert response.status_code == 204
        assert_readable_by(response, origin if origin in (NORTH, SOUTH) else None)
    else:
        assert_refused(assert_error, response)


@pytest.mark.parametrize("path", ["messages", "feedback", "conversation", "clinics/north"])
@pytest.mark.parametrize("origin", ALL[2:])
def test_a_preflight_is_granted_where_any_clinic_allows_the_site(client, assert_error, path: str, origin: str) -> None:
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    response = client.options(f"/api/v1/{path}", headers=headers(origin, **asks))
    if origin in (NORTH, SOUTH):
        assert response.status_code == 204 and response.content == b""
        assert_readable_by(response, origin)
        assert response.headers["access-control-allow-methods"] == "GET, POST, DELETE"
        assert response.headers["access-control-allow-headers"] == "content-type"
        assert response.headers["x-content-type-options"] == "nosniff"
    else:
        assert_refused(assert_error, response)


def test_what_only_looks_like_a_preflight_is_no_method_of_ours(client, assert_error) -> None:
    assert_error(client.options("/api/v1/messages", headers=headers(NORTH)), 405, "method_not_allowed")
    assert_error(client.options("/api/v1/messages"), 405, "method_not_allowed")


@pytest.mark.parametrize(("body", "status"), [({"text": ""}, 422), ({}, 400), ({"text": "a", "conversation": "x"}, 401)])
def test_an_error_can_be_read_by_the_site_that_made_it(client, body, status: int) -> None:
    response = client.post("/api/v1/messages", json={"clinic": "north", **body}, headers=headers(NORTH))
    assert response.status_code == status
    assert_readable_by(response, NORTH)


def test_a_site_that_must_wait_can_read_how_long(engine, store, house_of_three, settings_for) -> None:
    client = TestClient(create_app(settings_for(rate_limit=(1, 60.0)), engine, store, house_of_three))
    for _ in range(2):
        response = client.post("/api/v1/messages", json={"text": "hi", "clinic": "north"}, headers=headers(NORTH))
    assert response.status_code == 429 and response.headers["retry-after"]
    assert response.headers["access-control-expose-headers"] == "retry-after"
    assert_readable_by(response, NORTH)


def test_a_refused_site_does_not_learn_whether_a_clinic_exists(client, assert_error) -> None:
    assert_refused(assert_error, client.get("/api/v1/clinics/nowhere", headers=headers(EVIL)))
    assert_error(client.get("/api/v1/clinics/nowhere", headers=headers(NORTH)), 404, "unknown_clinic")


@pytest.mark.parametrize("path", ["/", "/embed", "/api/docs", "/pages/docs.js", "/api/openapi.json"])
def test_pages_are_opened_to_no_other_site(client, path: str) -> None:
    response = client.get(path, headers=headers(NORTH))
    assert response.status_code == 200 and "access-control-allow-origin" not in response.headers
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_a_change_of_the_allowed_sites_holds_from_then_on(engine, store, house, settings_for) -> None:
    clinics = {"demo": house.clinics["demo"]}
    client = TestClient(create_app(settings_for(), engine, store, dataclasses.replace(house, clinics=clinics)))
    assert client.post("/api/v1/messages", json={"text": "hi"}, headers=headers(NORTH)).status_code == 403
    clinics["demo"] = dataclasses.replace(clinics["demo"], allowed_origins=(NORTH,))
    assert client.post("/api/v1/messages", json={"text": "hi"}, headers=headers(NORTH)).status_code == 200


@pytest.mark.parametrize(("sent", "trust_proxy", "foreign"), [
    ({}, False, False),
    ({"origin": "https://chat.example", "host": "chat.example"}, False, False),  # TLS ends at a proxy
    ({"origin": "https://chat.example:8443", "host": "chat.example:8443"}, False, False),
    ({"origin": "https://chat.example", "host": "chat.example:443"}, False, False),
    ({"origin": "http://chat.example:8000", "host": "chat.example"}, False, True),
    ({"origin": "https://chat.example.evil.example", "host": "chat.example"}, False, True),
    ({"origin": "https://evil.example", "host": ""}, False, True),
    ({"origin": "null", "host": "chat.example"}, False, True),
    ({"origin": "https://x:y", "host": "chat.example"}, False, True),
    ({"origin": "", "host": "chat.example"}, False, True),
    ({"origin": "https://chat.example", "host": "inner:8000", "sec-fetch-site": "same-origin"}, False, False),
    ({"origin": "https://evil.example", "host": "chat.example", "sec-fetch-site": "cross-site"}, False, True),
    ({"origin": "https://chat.example", "host": "inner", "x-forwarded-host": "chat.example"}, True, False),
    ({"origin": "https://chat.example", "host": "inner", "x-forwarded-host": "chat.example"}, False, True),
    ({"origin": "https://evil.example", "host": "inner", "x-forwarded-host": "evil.example, chat.example"}, True, True),
])
def test_own_pages_are_told_from_others(sent, trust_proxy: bool, foreign: bool) -> None:
    assert (foreign_origin(sent, trust_proxy=trust_proxy) is not None) is foreign
