"""`desk new red_flag <id> --tier <tier>`: the files of a red flag, empty where people must write, and what to do."""
from __future__ import annotations

import json
from pathlib import Path

from bot.desk.skeletons import refuse_name, write_files
from bot.desk.validate_phrases import FEWEST_OF_A_RED_FLAG
from bot.desk.validate_words import FEWEST_NEAR_MISSES, FEWEST_WORDINGS
from bot.intents import INTENTS
from bot.settings import ROOT

RESERVED = ("none_", "unnamed_", "red_flag")
STUB_MESSAGES = 5
CONTENT = """\
# Fill in what is empty; content/red_flags/foot_drop.yml shows how it is done. Remarks like this one are not read.
tier: {tier}
name:         # in everyday words, to be read after "you wrote about"
tell:
  action:     # what to do first; numbers and places in braces, such as {{emergency}}, {{walk_in}}, {{clinic}}
  why:
  safety:
help_lines: []    # emergency, crisis, poison, violence: the buttons below
source:       # who says so
patterns: []      # over content/findings: a & b near, a ~ b in order, a + b anywhere, !a absent
wordings: []      # what must raise it, {wordings} or more
near_misses: []   # what must raise nothing, {near_misses} or more
"""
CHECKLIST = """\
1. content/findings/*.yml: the lay words for what people report, where they are not there yet.
2. content/red_flags/{id}.yml: what is told, action first; patterns; {wordings} wordings and {near_misses} near misses or more.
3. data/red_flags/{id}.txt: {fewest} messages or more, one a line, by different people; look-alikes into data/red_flags/none_*.txt.
4. evaluation/safety/{id}.jsonl: messages by somebody who has not seen these. Never copy one into data/.
5. make validate, until it says OK. Why a message matches or does not:
   .venv/bin/python -c "from bot.red_flags import default_red_flags as d; print(d().explain('…'))"
6. make train, make test, make evaluate, make evaluate-safety.
7. A clinician agrees to the tier and the words, before any visitor meets them."""


def new_red_flag(flag_id: str, tier: str, root: Path = ROOT) -> list[str]:
    """Write the skeleton; the lines to print: the files, then the checklist.

    Raises:
        SetupError: the id is malformed or taken, or a file cannot be written; nothing is written then.
    """
    kinds = root / "content" / "red_flags"
    refuse_name(flag_id, {*INTENTS, *(path.stem for path in kinds.glob("*.yml"))}, RESERVED)
    numbers = {"wordings": FEWEST_WORDINGS, "near_misses": FEWEST_NEAR_MISSES}
    stub = [{"id": f"{flag_id}-{n}", "text": "", "tier": tier} for n in range(1, STUB_MESSAGES + 1)]
    new = {
        kinds / f"{flag_id}.yml": CONTENT.format(tier=tier, **numbers),
        root / "data" / "red_flags" / f"{flag_id}.txt": "",
        root / "evaluation" / "safety" / f"{flag_id}.jsonl": "".join(json.dumps(row) + "\n" for row in stub),
    }
    write_files(new, {})
    return [
        *(f"written: {path.relative_to(root)}" for path in new),
        "", CHECKLIST.format(id=flag_id, fewest=FEWEST_OF_A_RED_FLAG, **numbers),
    ]
