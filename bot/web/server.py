"""Puts the pieces together and listens."""
from __future__ import annotations

import errno
import socket
import sys
import threading

from bot.conversations import ConversationStore
from bot.engine import Engine
from bot.errors import EngineNotReady, SetupError
from bot.settings import read_settings

DEFAULT_PORT, OTHER_PORT = 8000, 8123


def serve(port: int = DEFAULT_PORT, host: str = "127.0.0.1", *, newest: bool = False) -> None:
    """Serve until interrupted, in this one process; trains first where no model fits.

    Args:
        newest: serve what stands in the checkout, also when another model was shipped.

    Raises:
        SetupError, DataFileError: something is missing or broken; the text names the cure.
    """
    settings = read_settings()
    listener = bind(host, port)  # before anything slow: a taken port is told at once
    try:
        import uvicorn

        from bot.follower import Follower
        from bot.lean_imports import leave_out_heavy_modules
        from bot.start_model import start_model
        from bot.turn import default_house
        from bot.web.app import create_app
        from bot.web.tokens import read_or_make_key

        store = ConversationStore(settings.database, keep_days=settings.keep_days)
        store.conversations()  # opens it: a folder without rights is told now, not to the first visitor
        read_or_make_key(settings.var / "secret.key")
        start = start_model(settings, newest=newest)
        for note in start.notes:
            print(note, file=sys.stderr, flush=True)
        engine = Engine(start.path, store, seconds=settings.answer_seconds)
        leave_out_heavy_modules()
        house = default_house()  # before the engine, which loads the same in its thread
        engine.start()
        follower = Follower(settings, engine, number=start.number)
        follower.start()
        server = uvicorn.Server(uvicorn.Config(
            create_app(settings, engine, store, house), access_log=False, log_level="warning", server_header=False,
            lifespan="on", ws="none", timeout_graceful_shutdown=5,
            proxy_headers=False,  # uvicorn's would believe X-Forwarded-For by itself; see limits.client_address
        ))
        threading.Thread(target=_announce, args=(engine, f"http://{host}:{port}"), daemon=True).start()
        try:
            server.run(sockets=[listener])
        finally:
            follower.close()
            engine.close()
            store.close()
    finally:
        listener.close()


def bind(host: str, port: int, *, cure: str = "make run PORT=") -> socket.socket:
    """A listening socket.

    Args:
        cure: what to run instead where the port is taken; another port is put behind it.

    Raises:
        SetupError: it is taken or may not be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other = OTHER_PORT if port != OTHER_PORT else OTHER_PORT + 1
    try:
        listener.bind((host, port))
        listener.listen(128)  # who comes while we load waits a moment; and no second start gets the port
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if taken else "cannot be used"
        raise SetupError(f"port {port} of {host} {why}; run: {cure}{other}") from None
    return listener


def _announce(engine: Engine, address: str) -> None:
    """Say when messages can be answered, or why they cannot; until then red flags already are."""
    try:
        engine.wait()
    except EngineNotReady as error:
        print(f"Footnote answers only emergencies on {address}: {error}", file=sys.stderr, flush=True)
        return
    print(f"Footnote is serving on {address}", flush=True)
