"""Puts the desk together and listens: a process of its own, beside the visitors' servers."""
from __future__ import annotations

import contextlib
import fcntl
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.desk.access.users import UserFile, read_users, users_path
from bot.desk.audit import Audit
from bot.desk.grouping import Encode, Vectors
from bot.desk.inbox import open_inbox
from bot.desk.jobs import Jobs
from bot.desk.store import DeskStore
from bot.errors import SetupError
from bot.settings import Settings, read_settings
from bot.web.desk.edge import LOOPBACK
from bot.web.server import bind

if TYPE_CHECKING:
    from bot.web.desk.app import Desk

DEFAULT_PORT = 8001


def serve_desk(port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> None:
    """Serve the desk's page until interrupted.

    Raises:
        SetupError: it is off (no file of users), nobody is in the file, or another desk runs over this folder.
        DataFileError: the file of users is broken.
    """
    settings = read_settings()
    if not read_users(users_path(settings)):
        raise SetupError("nobody may use the desk's page yet; run: python -m bot desk user add NAME --role shipper")
    listener = bind(host, port, cure="python -m bot desk serve --port ")
    try:
        import uvicorn

        from bot.web.desk.app import create_desk

        with _only_one(settings), _opened(settings) as desk:
            server = uvicorn.Server(uvicorn.Config(
                create_desk(desk), access_log=False, log_level="warning", server_header=False, lifespan="on", ws="none",
                timeout_graceful_shutdown=5, proxy_headers=False))
            print(f"Footnote's desk is on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
            if host not in (*LOOPBACK, "::1"):
                print("Put a proxy with TLS before it: without, browsers keep nobody signed in (docs/desk.md)", file=sys.stderr)
            server.run(sockets=[listener])
    finally:
        listener.close()


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Desk]:
    from bot.web.desk.app import Desk

    store, inbox = DeskStore(settings.desk_database), open_inbox(settings)
    audit = Audit(store)
    try:
        audit.ready()
        yield Desk(
            settings=settings, users=UserFile(users_path(settings)), store=store, inbox=inbox, audit=audit,
            jobs=Jobs(store, audit), vectors=Vectors(lambda: _encoder(settings)))
    finally:
        inbox.close()
        store.close()


def _encoder(settings: Settings) -> Encode:
    from bot.nlu.encoder import SentenceEncoder

    encoder = SentenceEncoder.load(settings.encoder_folder)

    def encode(texts):  # type: ignore[no-untyped-def] - as Encode
        try:
            return encoder.encode(texts)
        finally:
            encoder.forget_texts()  # `Vectors` remembers what may be remembered

    return encode


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One desk over one folder: a second would take the first one's jobs for cut off."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with open(settings.var / "desk.lock", "w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(f"another desk runs over {settings.var}; end that one first") from None
        yield
