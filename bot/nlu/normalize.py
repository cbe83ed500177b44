"""The text that encoder and n-grams read."""
from __future__ import annotations

import re

from bot.red_flags import default_red_flags
from bot.text import is_stop


def normalize(text: str) -> str:
    """The words of a message with case, text-speak, contractions and misspellings undone, without punctuation."""
    words = default_red_flags().reader.words(text)
    return " ".join(w for w in words if not is_stop(w) and re.match(r"\w", w))
