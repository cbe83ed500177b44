"""Passwords as Argon2id hashes. A hash takes 64 MB and some hundredths of a second, so few are made at once."""
from __future__ import annotations

import functools
import secrets
import threading
import unicodedata

LEAST, MOST = 12, 200  # characters
_AT_ONCE = threading.Semaphore(2)


def problem_of(password: str) -> str | None:
    """What is wrong with a new password; None: nothing."""
    if not LEAST <= len(password) <= MOST:
        return f"a password has {LEAST} to {MOST} characters"
    if len(set(password)) < 4:
        return "a password needs more than three different characters"
    return None


def hash_password(password: str) -> str:
    from argon2 import PasswordHasher

    with _AT_ONCE:
        return PasswordHasher().hash(_plain(password))


def is_hash(text: str) -> bool:
    """Whether a text is an Argon2id hash."""
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError
    from argon2.low_level import Type

    try:
        return extract_parameters(text).type is Type.ID
    except InvalidHashError:
        return False


def matches(password: str, hashed: str | None) -> bool:
    """Whether a password is the one of a hash. Without a hash (nobody has this name) the answer is no, after the same work."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    with _AT_ONCE:
        try:
            return PasswordHasher().verify(hashed or hash_of_nobody(), _plain(password[:MOST + 1])) and hashed is not None
        except (Argon2Error, InvalidHashError):
            return False


@functools.lru_cache(maxsize=1)
def hash_of_nobody() -> str:
    """A hash of something that nobody knows; made once, before the first visitor could time it."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(secrets.token_hex())


def _plain(password: str) -> str:
    # One password, however a keyboard composes its accents.
    return unicodedata.normalize("NFKC", password)
