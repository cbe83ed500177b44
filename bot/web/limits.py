"""How much one address may send. In memory, one process; a restart forgets.

The library `limits` was considered: every version of it since 2022 needs packaging 21, and Rasa pins 20.
"""
from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping

MAX_MOMENTS = 200_000  # about 10 MB in the worst case, however many addresses come


class Limiter:
    """At most `count` calls of `allow` per key within any `seconds`: a sliding window.

    Args:
        rate: (count, seconds), or None for no limit.
        clock: seconds that never run backwards.
    """

    def __init__(self, rate: tuple[int, float] | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        # The key that was let in longest ago stands first.
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()
        self._max_keys = max(1, MAX_MOMENTS // rate[0]) if rate else 0

    def __len__(self) -> int:
        return len(self._moments)

    def allow(self, key: str) -> int:
        """0 when `key` may go on, else the whole seconds to wait. A refused call does not count."""
        if self._rate is None:
            return 0
        count, seconds = self._rate
        now = self._clock()
        self._drop_idle(now - seconds)
        moments = self._moments.setdefault(key, deque())
        while moments and moments[0] <= now - seconds:
            moments.popleft()
        if len(moments) >= count:
            return max(1, math.ceil(moments[0] + seconds - now))
        moments.append(now)
        self._moments.move_to_end(key)
        while len(self._moments) > self._max_keys:
            self._moments.popitem(last=False)
        return 0

    def _drop_idle(self, before: float) -> None:
        """Forget the keys whose newest moment is out of the window; they stand in front."""
        while self._moments:
            key, moments = next(iter(self._moments.items()))
            if moments and moments[-1] > before:
                return
            del self._moments[key]


def client_address(peer: str | None, headers: Mapping[str, str], *, trust_proxy: bool) -> str:
    """Whom a request counts for: the peer, or whom our own proxy says it serves.

    Only the last entry of X-Forwarded-For was written by our proxy; those before it are whatever the client
    sent. An IPv6 address counts by its /64 network: that is what one household or host is given.
    """
    address = peer or "unknown"
    if trust_proxy:
        forwarded = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        address = _network(forwarded) or address
    return _network(address) or address


def _network(text: str) -> str | None:
    if text.count(":") == 1:  # IPv4 with a port, as some proxies write it
        text = text.partition(":")[0]
    elif text.startswith("["):
        text = text[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
