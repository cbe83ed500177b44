"""`python -m bot <verb>`: serve, train, ask, chat, clinic, desk. See `python -m bot --help`."""
from __future__ import annotations

import sys

from bot.command_line import main

if __name__ == "__main__":
    sys.exit(main())
