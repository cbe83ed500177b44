"""Security headers, the pages, and that nothing is fetched from elsewhere."""
from __future__ import annotations

import re
import socket

import pytest

from bot.errors import SetupError
from bot.web.server import bind
from bot.web.static_pages import FOLDER, demo_page

PAGES = ["/", "/api/docs", "/api/openapi.json", "/pages/docs.js", "/pages/demo.css", "/pages/hero.svg"]


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/health", "/nope", "/api/v1/messages"])
def test_every_response_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "access-control-allow-origin" not in headers


def test_replies_are_never_cached(client):
    assert client.post("/api/v1/messages", json={"text": "hi"}).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_served_with_their_type(client, path):
    response = client.get(path)
    assert response.status_code == 200
    kinds = {"js": "javascript", "css": "css", "svg": "svg", "json": "json"}
    assert kinds.get(path.rpartition(".")[2], "html") in response.headers["content-type"]


@pytest.mark.parametrize("path", ["/", "/api/docs", "/pages/docs.js"])
def test_pages_answer_head(client, path):
    assert client.head(path).status_code == 200


def test_the_page_names_the_clinic_of_the_settings(house):
    page = demo_page(house)
    clinic = house.clinics["demo"]
    for words in (clinic.name, clinic.phone, clinic.phone_href, "Monday to Friday, 8 am to 5 pm", "tel:911", "tel:988"):
        assert words in page
    assert "$" not in page


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_no_page_loads_from_elsewhere_or_makes_markup_from_text(path):
    text = path.read_text(encoding="utf-8")
    outside = [url for url in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) if "www.w3.org" not in url]
    assert outside == []
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", "onclick="):
        assert forbidden not in text


def test_the_openapi_page_describes_the_contract(client):
    api = client.get("/api/openapi.json").json()
    assert {(path, method) for path, methods in api["paths"].items() for method in methods} == {
        ("/api/v1/messages", "post"), ("/api/v1/feedback", "post"), ("/api/v1/conversation", "delete"),
        ("/api/v1/health", "get"), ("/api/v1/clinics/{clinic}", "get"),
    }
    body = api["paths"]["/api/v1/messages"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["text"]


def test_a_taken_port_names_the_cure():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} of 127.0.0.1 is in use; run: make run PORT=8123"):
            bind("127.0.0.1", port)


def test_a_port_that_is_none_names_the_cure():
    with pytest.raises(SetupError, match="cannot be used; run: make run PORT="):
        bind("127.0.0.1", 99_999)


def test_a_free_port_is_held():
    with bind("127.0.0.1", 0) as first, pytest.raises(SetupError):
        bind("127.0.0.1", first.getsockname()[1])
