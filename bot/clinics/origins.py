"""Origins: the sites on which a clinic's widget may stand, as browsers write them."""
from __future__ import annotations

import re

# A browser sends a host in small letters, and a port only where it is not the scheme's own.
_HTTPS = re.compile(r"https://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?::(?!443$)[1-9]\d{0,4})?")
# Without encryption only on the machine itself: a clinic's developer tries the widget there.
_LOCAL = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::(?!80$)[1-9]\d{0,4})?")


def is_origin(text: str) -> bool:
    return bool(_HTTPS.fullmatch(text) or _LOCAL.fullmatch(text))
