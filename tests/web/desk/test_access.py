"""Sessions end when they must; guessing gets slower and slower; unknown names look like known ones."""
from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest

from bot.desk.access import passwords
from bot.desk.access.lockout import FIRST, LAPSES, LONGEST, OF_ADDRESS, OF_NAME, Lockout
from bot.desk.access.sessions import IDLE, Sessions
from bot.desk.access.sessions import LONGEST as SESSION_LONGEST
from bot.desk.access.users import User, UserFile, changing_users
from bot.desk.store import DeskStore

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
ANN = User(name="ann", role="editor", password=HASH)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "desk.sqlite3"


@pytest.fixture
def store(path: Path):
    store = DeskStore(path)
    yield store
    store.close()


@pytest.fixture
def users(tmp_path: Path) -> UserFile:
    with changing_users(tmp_path / "users.yml") as known:
        known["ann"] = ANN
    return UserFile(tmp_path / "users.yml")


@pytest.fixture
def sessions(store, users, clock) -> Sessions:
    return Sessions(store, users, clock=clock)


# Sessions

def test_session_is_found_by_its_id_only_and_the_file_does_not_hold_it(sessions, store, path) -> None:
    token = sessions.begin(ANN)
    assert len(token) >= 43 and sessions.find(token).user == ANN
    assert sessions.find(token[:-1]) is None and sessions.find("") is None
    held = b"".join(file.read_bytes() for file in path.parent.glob("desk.sqlite3*"))
    assert b"ann" in held and token.encode() not in held and sessions.find(token).form_token.encode() not in held
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_session_outlives_a_restart(sessions, store, users, clock, path) -> None:
    token = sessions.begin(ANN)
    store.close()
    again = DeskStore(path)
    assert Sessions(again, users, clock=clock).find(token).user.name == "ann"
    again.close()


def test_session_ends_when_nobody_uses_it(sessions, clock) -> None:
    token = sessions.begin(ANN)
    clock.now += IDLE - 1
    assert sessions.find(token)
    clock.now += IDLE - 1
    assert sessions.find(token), "the visit before began the time anew"
    clock.now += IDLE + 1
    assert sessions.find(token) is None
    clock.now -= IDLE
    assert sessions.find(token) is None, "what has ended stays so"


def test_page_that_reloads_itself_does_not_keep_a_session_alive(sessions, clock) -> None:
    token = sessions.begin(ANN)
    for _ in range(10):
        clock.now += IDLE / 9
        found = sessions.find(token, is_visit=False)
    assert found is None


def test_session_ends_after_half_a_day_however_busy(sessions, clock) -> None:
    token, began = sessions.begin(ANN), clock.now
    while clock.now - began < SESSION_LONGEST - 600:
        clock.now += 600
        assert sessions.find(token)
    clock.now += 601
    assert sessions.find(token) is None


def test_session_ends_at_sign_out_alone(sessions) -> None:
    one, other = sessions.begin(ANN), sessions.begin(ANN)
    sessions.end(one)
    assert sessions.find(one) is None and sessions.find(other)


def test_session_ends_with_a_new_password_and_with_the_user(sessions, users) -> None:
    token = sessions.begin(ANN)
    with changing_users(users.path) as known:
        known["ann"] = User(name="ann", role="editor", password=HASH[:-1] + "B")
    assert sessions.find(token) is None
    token = sessions.begin(users.get("ann"))
    with changing_users(users.path) as known:
        del known["ann"]
    assert sessions.find(token) is None


def test_new_role_holds_at_once(sessions, users) -> None:
    token = sessions.begin(ANN)
    with changing_users(users.path) as known:
        known["ann"] = User(name="ann", role="reader", password=HASH)
    assert sessions.find(token).user.role == "reader"


def test_form_token_is_the_sessions_own(sessions) -> None:
    one, other = (sessions.find(sessions.begin(ANN)) for _ in range(2))
    assert one.accepts(one.form_token) and not one.accepts(other.form_token)
    assert not one.accepts("") and not one.accepts("ä\ud800")


# Guessing

@pytest.fixture
def lockout(store, clock) -> Lockout:
    return Lockout(store, clock=clock)


def fail(lockout: Lockout, times: int, name: str = "ann", address: str = "a{}") -> None:
    for n in range(times):
        assert lockout.attempt(name, address.format(n)) == 0


def test_name_must_wait_ever_longer(lockout, clock) -> None:
    fail(lockout, OF_NAME)
    waits = []
    for n in range(9):
        waits.append(lockout.attempt("ann", f"other {n}"))
        clock.now += waits[-1]
        assert lockout.attempt("ann", f"other {n}") == 0
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] and (FIRST, LONGEST) == (60, 3600)


def test_address_must_wait_whatever_the_names(lockout) -> None:
    for n in range(OF_ADDRESS):
        assert lockout.attempt(f"name {n}", "a") == 0
    assert lockout.attempt("another", "a") == 60 and lockout.attempt("another", "b") == 0


def test_unknown_name_is_counted_like_a_known_one_and_not_kept(lockout, store) -> None:
    fail(lockout, OF_NAME, name="my secret password")
    assert lockout.attempt("my secret password", "x") == 60
    assert "secret" not in str(store.rows("SELECT * FROM failures"))


def test_lock_outlives_a_restart(lockout, store, path, clock) -> None:
    fail(lockout, OF_NAME)
    store.close()
    again = DeskStore(path)
    assert Lockout(again, clock=clock).attempt("ann", "x") == 60
    again.close()


def test_right_password_frees_the_name_but_not_the_address(lockout) -> None:
    for n in range(OF_ADDRESS - 1):
        assert lockout.attempt(f"guess {n}", "a") == 0
    assert lockout.attempt("ann", "a") == 0
    lockout.succeeded("ann", "a")
    assert lockout.attempt("one more guess", "a") == 0
    assert lockout.attempt("another", "a") == 60
    fail(lockout, OF_NAME - 1)
    lockout.succeeded("ann", "a0")
    fail(lockout, OF_NAME)


def test_failures_lapse(lockout, clock) -> None:
    fail(lockout, OF_NAME - 1)
    clock.now += LAPSES + 1
    fail(lockout, OF_NAME)


def test_guesses_at_once_are_no_more_than_one_by_one(lockout) -> None:
    let_in = []
    threads = [threading.Thread(target=lambda n=n: let_in.append(lockout.attempt("ann", f"{n}") == 0)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_in) == OF_NAME


# Passwords

def test_password_is_told_from_another_however_its_accents_are_typed() -> None:
    hashed = passwords.hash_password("käsebrot mit gürkchen")
    assert passwords.is_hash(hashed) and passwords.matches("ka\u0308sebrot mit gu\u0308rkchen", hashed)
    assert not passwords.matches("kasebrot mit gurkchen", hashed) and not passwords.matches("", hashed)


def test_nobody_has_a_password_not_even_the_one_that_is_compared_with(monkeypatch) -> None:
    hashed = passwords.hash_password("what nobody knows")
    monkeypatch.setattr(passwords, "hash_of_nobody", lambda: hashed)
    assert not passwords.matches("what nobody knows", None)


def test_nobodys_password_matches_nothing_after_the_same_work() -> None:
    hashed = passwords.hash_password("some password")
    assert not passwords.matches("some password", None)

    def took(against: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            passwords.matches("a wrong one", against)
            times.append(time.perf_counter() - began)
        return min(times)

    assert 0.5 < took(None) / took(hashed) < 2.0
