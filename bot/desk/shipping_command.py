"""The verbs of `python -m bot desk` from a trained model to a served one: compare, ship, rollback, served."""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.errors import ModelRefused, SetupError
from bot.settings import ROOT, read_settings


def add_compare(verbs: Any) -> None:
    verb = verbs.add_parser("compare", help="hold two models against each other: figures, topics, messages, picture")
    verb.add_argument("first", nargs="?", help="none: the served one")
    verb.add_argument("second", nargs="?", help="none: the one trained last")
    verb.set_defaults(run=run_compare)


def run_compare(options: argparse.Namespace) -> int:
    """0 where the second may be shipped, 1 where there are objections."""
    from bot.desk.compare import PICTURE, RESULT, as_lines, compare
    from bot.desk.figures import figures_of_both
    from bot.desk.models import named_model, newest_model, served_model

    settings = read_settings()
    first = named_model(settings, options.first) if options.first else served_model(settings)
    second = named_model(settings, options.second) if options.second else newest_model(settings)
    if first is not None and not first.is_file():
        raise SetupError(f"{first.name}, which is served, is gone from {settings.models.name}/; name another")
    first = None if first == second else first
    found = compare(*figures_of_both(first, second))
    for line in as_lines(found):
        print(line)
    result, picture = ROOT / RESULT, ROOT / PICTURE
    result.parent.mkdir(exist_ok=True)
    result.write_text(json.dumps(found.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draw(result, picture)
    print(f"\nwritten: {result.relative_to(ROOT)}, {picture.relative_to(ROOT)}")
    return 1 if found.objections else 0


def draw(result: Path, picture: Path) -> None:
    """In another process: this one may be a server's, which does without matplotlib.

    Raises:
        SetupError: it failed; its messages stand above.
    """
    command = [sys.executable, "-m", "evaluation.comparison_picture", str(result), str(picture)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise SetupError(f"{picture.name} could not be drawn; the messages stand above")


def add_ship(verbs: Any) -> None:
    verb = verbs.add_parser("ship", help="serve a model; running servers take it between two messages")
    verb.add_argument("model", nargs="?", help="none: the one trained last")
    verb.add_argument("--force", action="store_true", help="against objections; needs the model's name and --reason")
    verb.add_argument("--reason", help="kept in models/served.json")
    verb.add_argument("--by", help="who ships (default: the user of this machine)")
    verb.set_defaults(run=run_ship)


def run_ship(options: argparse.Namespace) -> int:
    from bot.desk.audit import noting_releases, os_user
    from bot.desk.models import named_model, newest_model
    from bot.desk.ship import ship

    if options.force and not options.model:
        raise ModelRefused("--force needs the model's name: desk ship MODEL --force --reason \"why\"")
    settings = read_settings()
    archive = named_model(settings, options.model) if options.model else newest_model(settings)
    by = options.by or os_user()
    with noting_releases(settings, by):
        _tell(ship(settings, archive, by=by, force=options.force, reason=options.reason))
    return 0


def add_rollback(verbs: Any) -> None:
    verb = verbs.add_parser("rollback", help="serve again what was served before the current model was shipped")
    verb.add_argument("--reason", help="kept in models/served.json")
    verb.add_argument("--by", help="who takes it back (default: the user of this machine)")
    verb.set_defaults(run=run_rollback)


def run_rollback(options: argparse.Namespace) -> int:
    from bot.desk.audit import noting_releases, os_user
    from bot.desk.ship import rollback

    settings, by = read_settings(), options.by or os_user()
    with noting_releases(settings, by):
        _tell(rollback(settings, by=by, reason=options.reason))
    return 0


def _tell(shipped: Any) -> None:
    print(f"{shipped.release.model} is shipped ({shipped.release.action}, entry {shipped.release.number})")
    for report in shipped.reports:
        print(f"  {report.server} serves {report.model}, {report.seconds:.1f} s after it saw the entry")
    if not shipped.reports:
        print("  no server is running; the next one starts with it")


def add_served(verbs: Any) -> None:
    verbs.add_parser("served", help="what is served, by whom shipped and why, and what the running servers say"
                     ).set_defaults(run=run_served)


def run_served(options: argparse.Namespace) -> int:
    from bot.desk.models import served_model
    from bot.releases import read_releases
    from bot.server_reports import live_reports

    settings = read_settings()
    entries = read_releases(settings.models).entries
    for entry in entries:
        print(f"{entry.number:4} {entry.at} {entry.action:10} {entry.model} by {entry.by}"
              + (f": {entry.reason}" if entry.reason else ""))
        for objection in entry.forced_over:
            print(f"       forced over: {objection}")
    if not entries:
        served = served_model(settings)
        print(f"nothing was shipped yet; what fits this checkout is served: {served.name if served else 'not trained'}")
    for report in live_reports(settings.models):
        serves = f"{report.server}: {report.state} {report.model or 'nothing'} (entry {report.number})"
        print(f"{serves} {report.message}".rstrip())
    return 0
