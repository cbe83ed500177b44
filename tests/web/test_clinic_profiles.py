"""GET /api/v1/clinics/{clinic}, and the page on which a clinic tries its widget."""
from __future__ import annotations

import dataclasses
import re

import pytest
from starlette.testclient import TestClient

from bot.web import schemas
from bot.web.app import create_app
from bot.web.static_pages import embed_page

KEYS = {"id", "name", "greeting", "locale", "contact", "hours", "booking", "logo", "links", "consent", "keep_days", "colours",
        "emergency"}


@pytest.fixture
def client_of(engine, store, house, settings_for):
    """A client of a server whose default clinic has some settings changed."""

    def make(**changes) -> TestClient:
        clinics = {"demo": dataclasses.replace(house.clinics["demo"], **changes)}
        return TestClient(create_app(settings_for(), engine, store, dataclasses.replace(house, clinics=clinics)))

    return make


@pytest.mark.parametrize("clinic", ["demo", "harbour"])
def test_profile_has_the_shape_that_the_api_describes(client, clinic: str) -> None:
    response = client.get(f"/api/v1/clinics/{clinic}")
    assert response.status_code == 200 and response.headers["content-type"] == "application/json"
    values = response.json()
    assert set(values) == KEYS and values["id"] == clinic
    assert schemas.ClinicOut.parse_obj(values).dict() == values
    assert values["contact"]["phone_href"].startswith("tel:")
    assert all(link["href"].startswith(("tel:", "sms:")) for link in values["emergency"]["links"])


def test_profile_may_be_kept_for_a_minute(client) -> None:
    response = client.get("/api/v1/clinics/demo")
    assert response.headers["cache-control"] == "public, max-age=60" and "Origin" in response.headers["vary"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
def test_profile_that_has_not_changed_is_not_sent_again(client, form: str) -> None:
    tag = client.get("/api/v1/clinics/demo").headers["etag"]
    again = client.get("/api/v1/clinics/demo", headers={"if-none-match": form.format(tag)})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["cache-control"] == "public, max-age=60"


def test_profile_that_has_changed_is_sent(client, client_of) -> None:
    tag = client.get("/api/v1/clinics/demo").headers["etag"]
    response = client_of(name="Another").get("/api/v1/clinics/demo", headers={"if-none-match": tag})
    assert response.status_code == 200 and response.json()["name"] == "Another" and response.headers["etag"] != tag


@pytest.mark.parametrize("clinic", ["nope", "DEMO", "demo.yml", "%2e%2e%2fdemo"])
def test_unknown_clinic_is_404_and_not_kept(client, assert_error, clinic: str) -> None:
    response = client.get(f"/api/v1/clinics/{clinic}")
    assert response.status_code == 404 and response.json()["error"]["code"] in ("unknown_clinic", "not_found")
    assert response.headers["cache-control"] == "no-store"


def test_api_page_describes_the_profile(client) -> None:
    api = client.get("/api/openapi.json").json()
    get = api["paths"]["/api/v1/clinics/{clinic}"]["get"]
    assert get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/ClinicOut")
    assert {"200", "403", "404"} <= set(get["responses"])
    assert set(api["components"]["schemas"]["ClinicOut"]["required"]) | {"greeting"} <= KEYS


# A clinic that keeps conversations for less long

@pytest.mark.parametrize(("days", "asked"), [(7, [7]), (None, [])])
def test_conversation_is_marked_before_anything_of_it_is_kept(client_of, engine, store, monkeypatch, days, asked) -> None:
    marked = []
    monkeypatch.setattr(store, "keep_at_most", lambda conversation, days: marked.append((conversation, days, len(engine.heard))))
    assert client_of(keep_days=days).post("/api/v1/messages", json={"text": "hi"}).status_code == 200
    assert [(n, heard) for _, n, heard in marked] == [(n, 0) for n in asked]
    assert all(conversation == engine.heard[0][1] for conversation, _, _ in marked)


def test_what_cannot_be_marked_is_not_kept_and_danger_is_answered(client_of, engine, store, monkeypatch) -> None:
    def broken(conversation, days):
        raise OSError("disk full")

    monkeypatch.setattr(store, "keep_at_most", broken)
    reply = client_of(keep_days=7).post("/api/v1/messages", json={"text": "my chest hurts"}).json()
    assert reply["replies"][0]["tier"] == "emergency" and engine.heard == []


# /embed

def test_embed_page_carries_the_clinics_tag_and_colours(client) -> None:
    page = client.get("/embed?clinic=harbour")
    assert page.status_code == 200
    assert ('<script type="module" src="/widget.js" data-clinic="harbour" data-colours="#1d4e89 #ffffff"></script>'
            in page.text)
    assert 'value="#1d4e89"' in page.text and "Harbour Foot and Nerve Clinic" in page.text
    assert re.search(r'role="alert" hidden', page.text)


def test_embed_page_without_a_clinic_shows_the_default_one(client) -> None:
    assert 'data-clinic="demo"' in client.get("/embed").text and client.head("/embed").status_code == 200


@pytest.mark.parametrize("asked", ["nope", '"><script>alert(1)</script>', "x" * 500, "$clinic"])
def test_embed_page_for_an_unknown_clinic_says_so_and_stays_whole(client, asked: str) -> None:
    response = client.get("/embed", params={"clinic": asked})
    assert response.status_code == 404 and 'data-clinic="demo"' in response.text
    assert "<script>alert" not in response.text and "x" * 61 not in response.text
    assert re.search(r'role="alert" ?>There is no clinic', response.text)


def test_embed_page_may_show_the_clinics_logo_and_nothing_else_from_elsewhere(client, client_of) -> None:
    policy = client_of(logo="https://north.example:8443/a/logo.svg").get("/embed").headers["content-security-policy"]
    assert "img-src 'self' data: https://north.example:8443;" in policy
    plain = client.get("/").headers["content-security-policy"]
    assert policy.replace(" https://north.example:8443", "") == plain
    assert client.get("/embed").headers["content-security-policy"] == plain


def test_embed_page_leaves_no_blank_unfilled(house) -> None:
    assert "$" not in embed_page(house, "harbour")


def test_demo_page_follows_the_clinics_file(engine, store, house, settings_for) -> None:
    clinics = {"demo": house.clinics["demo"]}
    client = TestClient(create_app(settings_for(), engine, store, dataclasses.replace(house, clinics=clinics)))
    clinics["demo"] = dataclasses.replace(clinics["demo"], name="Renamed Clinic")
    assert "Renamed Clinic" in client.get("/").text
