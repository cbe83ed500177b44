"""Conversation tokens: signed, so that nobody reads or deletes a conversation whose token they were not given.

A token is `<conversation id>.<time>.<signature>`: itsdangerous' TimestampSigner over a random id. No list of
tokens is kept; what makes one genuine is the key in var/secret.key. Without that file all tokens are dead.
"""
from __future__ import annotations

import hashlib
import os
import re
import secrets
import uuid
from datetime import datetime, timezone
from pathlib import Path

from itsdangerous import BadSignature, TimestampSigner

from bot.errors import SetupError

KEY_BYTES = 32
# SHA-384 fills its 64 letters to the last bit; a digest that does not leaves several spellings of one signature.
# The shape is checked first because base64 decoding skips letters that it does not know.
_DIGEST = hashlib.sha384
_SHAPE = re.compile(r"[0-9a-f]{32}\.[\w-]{4,12}\.[\w-]{64}", re.ASCII)
_REFRESH_AFTER = 0.1  # of a token's life: a talk that goes on does not die of its first token's age


class Tokens:
    """Makes and reads conversation tokens.

    Args:
        key_file: where the key is; made on first need.
        keep_days: how long a token lives.
    """

    def __init__(self, key_file: Path, *, keep_days: int) -> None:
        self._key_file = key_file
        self._seconds = keep_days * 86_400
        self._signer: TimestampSigner | None = None

    def issue(self, conversation: str) -> str:
        """A token for a conversation.

        Raises:
            SetupError: the key can be neither read nor made.
        """
        return self._ready_signer().sign(conversation).decode()

    def read(self, token: str) -> str | None:
        """The conversation of a token; None when the token is not genuine or has expired."""
        return self._conversation_and_age(token)[0]

    def refresh(self, token: str) -> str:
        """The same token while it is young, then a new one for the same conversation.

        The token must be one that `read` accepts.
        """
        conversation, age = self._conversation_and_age(token)
        if conversation is None:
            raise ValueError("only a genuine token can be refreshed")
        return self.issue(conversation) if age > self._seconds * _REFRESH_AFTER else token

    def _conversation_and_age(self, token: str) -> tuple[str | None, float]:
        if not _SHAPE.fullmatch(token):
            return None, 0.0
        try:
            value, signed = self._ready_signer().unsign(token, max_age=self._seconds, return_timestamp=True)
        except BadSignature:  # SignatureExpired is one
            return None, 0.0
        return value.decode(), (datetime.now(tz=timezone.utc) - signed).total_seconds()

    def _ready_signer(self) -> TimestampSigner:
        if self._signer is None:
            self._signer = TimestampSigner(
                read_or_make_key(self._key_file), salt="footnote.conversation", key_derivation="hmac",
                digest_method=_DIGEST,
            )
        return self._signer


def new_conversation() -> str:
    """A conversation id that cannot be guessed."""
    return uuid.uuid4().hex


def read_or_make_key(path: Path) -> bytes:
    """The key in `path`; a new one is written, whole or not at all, when there is no such file.

    Raises:
        SetupError: the file cannot be read or written, or is no key.
    """
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise SetupError(f"{path}: cannot keep the key ({error.strerror}); mend the folder's rights, or set "
                         "FOOTNOTE_VAR to another folder") from None
    if len(key) != KEY_BYTES:
        raise SetupError(f"{path}: not a key of {KEY_BYTES} bytes; delete the file and start again (talks begun "
                         "before then cannot be continued)")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces the key that another process has made meanwhile.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
