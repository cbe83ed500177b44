"""A visitor: one kept-alive HTTP connection (stdlib, which costs least beside the server it measures)."""
from __future__ import annotations

import http.client
import json
import time

from benchmarks.dialects import Dialect, NoAnswer

SECONDS = 60.0  # a message that takes longer has failed


class Client:
    """Says things, one after the other; counts what was not answered."""

    def __init__(self, port: int, dialect: Dialect) -> None:
        self._port, self._dialect = port, dialect
        self._connection: http.client.HTTPConnection | None = None
        self._conversation = dialect.start()
        self.unanswered = 0

    def start_over(self) -> None:
        """What is said next begins a conversation; the connection stays."""
        self._conversation = self._dialect.start()

    def say(self, text: str) -> float:
        """Seconds until the whole answer was here."""
        body = json.dumps(self._dialect.body(text, self._conversation)).encode()
        began = time.perf_counter()
        try:
            status, raw = self._send("POST", self._dialect.path, body)
            seconds = time.perf_counter() - began
            if status != 200:
                raise NoAnswer
            self._conversation = self._dialect.read(json.loads(raw), self._conversation)
        except (OSError, http.client.HTTPException, ValueError, NoAnswer):
            seconds = time.perf_counter() - began
            self.unanswered += 1
            self.close()
        return seconds

    def is_ready(self) -> bool:
        """Whether the bot says that it can answer."""
        try:
            return self._send("GET", self._dialect.ready_path)[0] == 200
        except (OSError, http.client.HTTPException):
            self.close()
            return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        self._connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = self._connection.getresponse()
        return response.status, response.read()
