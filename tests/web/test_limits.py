"""bot.web.limits, and 429 over HTTP."""
from __future__ import annotations

import pytest

from bot.web import limits
from bot.web.limits import Limiter, client_address


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_so_many_may_pass_and_no_more(clock):
    limiter = Limiter((3, 60.0), clock=clock)
    assert [limiter.allow("a") for _ in range(4)] == [0, 0, 0, 60]
    assert limiter.allow("b") == 0


def test_the_window_slides(clock):
    limiter = Limiter((2, 60.0), clock=clock)
    limiter.allow("a")
    clock.now += 40
    limiter.allow("a")
    clock.now += 19.5
    assert limiter.allow("a") == 1
    clock.now += 0.5
    assert limiter.allow("a") == 0
    assert limiter.allow("a") == 40


def test_a_refused_call_does_not_count(clock):
    limiter = Limiter((1, 10.0), clock=clock)
    limiter.allow("a")
    for _ in range(9):
        clock.now += 1
        assert limiter.allow("a") > 0
    clock.now += 1
    assert limiter.allow("a") == 0


def test_no_rate_no_limit():
    limiter = Limiter(None)
    assert {limiter.allow("a") for _ in range(1000)} == {0}
    assert len(limiter) == 0


def test_memory_is_bounded_and_idle_addresses_are_forgotten(clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_MOMENTS", 300)
    limiter = Limiter((3, 60.0), clock=clock)
    for n in range(1000):
        limiter.allow(str(n))
    assert len(limiter) == 100
    clock.now += 61
    limiter.allow("new")
    assert len(limiter) == 1


@pytest.mark.parametrize(("peer", "forwarded", "trust", "expected"), [
    ("10.0.0.1", "1.2.3.4", False, "10.0.0.1"),
    ("10.0.0.1", "1.2.3.4", True, "1.2.3.4"),
    ("10.0.0.1", "6.6.6.6, 1.2.3.4", True, "1.2.3.4"),
    ("10.0.0.1", "1.2.3.4:5678", True, "1.2.3.4"),
    ("10.0.0.1", "[2001:db8::1]:443", True, "2001:db8::/64"),
    ("10.0.0.1", "nonsense", True, "10.0.0.1"),
    ("10.0.0.1", "", True, "10.0.0.1"),
    ("2001:db8::1", "", False, "2001:db8::/64"),
    ("::ffff:1.2.3.4", "", False, "1.2.3.4"),
    ("testclient", "", False, "testclient"),
    (None, "", False, "unknown"),
])
def test_client_address(peer, forwarded, trust, expected):
    assert client_address(peer, {"x-forwarded-for": forwarded}, trust_proxy=trust) == expected


def test_too_many_messages_are_told_when_to_come_back(client_for, engine, assert_error):
    client = client_for(rate_limit=(2, 60.0))
    codes = [client.post("/api/v1/messages", json={"text": "hi"}).status_code for _ in range(2)]
    assert codes == [200, 200]
    response = client.post("/api/v1/messages", json={"text": "hi"})
    assert_error(response, 429, "too_many_requests")
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert len(engine.heard) == 2


def test_who_wrote_too_much_can_still_rate_and_delete(client_for):
    client = client_for(rate_limit=(1, 60.0))
    reply = client.post("/api/v1/messages", json={"text": "hi"}).json()
    token = reply["conversation"]
    rated = {"conversation": token, "reply": reply["replies"][0]["id"], "rating": "up"}
    assert client.post("/api/v1/feedback", json=rated).status_code == 204
    assert client.request("DELETE", "/api/v1/conversation", json={"conversation": token}).status_code == 204


@pytest.mark.parametrize(("trust", "last"), [(False, 429), (True, 200)])
def test_the_forwarded_address_counts_only_behind_a_trusted_proxy(client_for, trust, last):
    client = client_for(rate_limit=(1, 60.0), trust_proxy=trust)
    client.post("/api/v1/messages", json={"text": "hi"}, headers={"x-forwarded-for": "1.1.1.1"})
    response = client.post("/api/v1/messages", json={"text": "hi"}, headers={"x-forwarded-for": "2.2.2.2"})
    assert response.status_code == last


def test_health_is_never_limited(client_for):
    client = client_for(rate_limit=(1, 60.0))
    assert {client.get("/api/v1/health").status_code for _ in range(5)} == {200}
