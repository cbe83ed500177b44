"""`python -m bot desk user` and `desk audit`: who may use the desk's page, and what was done at the desk."""
from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from typing import Any

from bot.errors import SetupError
from bot.settings import read_settings


def add_user(verbs: Any) -> None:
    from bot.desk.access.users import ROLES

    user = verbs.add_parser("user", help="who may use the desk's page").add_subparsers(dest="user_verb", required=True)
    add = user.add_parser("add", help="let somebody in; asks for the password, or reads it from standard input")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=ROLES,
                     help="reader looks; editor files, too; shipper also trains, compares and ships")
    add.set_defaults(run=run_add)
    for verb, run, what in (("remove", run_remove, "let somebody in no more; ends their sessions"),
                            ("password", run_password, "set a password anew; ends the user's sessions")):
        parser = user.add_parser(verb, help=what)
        parser.add_argument("name")
        parser.set_defaults(run=run)
    user.add_parser("list", help="names and roles").set_defaults(run=run_list)


def run_add(options: argparse.Namespace) -> int:
    from bot.desk.access.passwords import hash_password
    from bot.desk.access.users import User, changing_users, check_name, read_users, users_path
    from bot.desk.audit import opened_audit, os_user

    settings = read_settings()
    path = users_path(settings)
    check_name(options.name)
    _refuse_known(read_users(path) if path.exists() else {}, options.name)
    hashed = hash_password(_asked_password())  # before the file is locked: somebody may take their time
    with opened_audit(settings) as audit, changing_users(path) as users:
        _refuse_known(users, options.name)
        users[options.name] = User(name=options.name, role=options.role, password=hashed)
        audit.note(os_user(), "user added", f"{options.name}, {options.role}")
    print(f"{options.name} may use the desk's page as {options.role}")
    return 0


def run_remove(options: argparse.Namespace) -> int:
    from bot.desk.access.users import changing_users, users_path
    from bot.desk.audit import opened_audit, os_user

    settings = read_settings()
    with opened_audit(settings) as audit, changing_users(users_path(settings)) as users:
        _refuse_unknown(users, options.name)
        del users[options.name]
        audit.note(os_user(), "user removed", options.name)
    print(f"{options.name} may use the desk's page no more")
    return 0


def run_password(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from bot.desk.access.lockout import Lockout
    from bot.desk.access.passwords import hash_password
    from bot.desk.access.users import changing_users, read_users, users_path
    from bot.desk.audit import Audit, os_user
    from bot.desk.store import DeskStore

    settings = read_settings()
    path = users_path(settings)
    _refuse_unknown(read_users(path) if path.exists() else {}, options.name)
    hashed = hash_password(_asked_password())
    store = DeskStore(settings.desk_database)
    try:
        with changing_users(path) as users:
            _refuse_unknown(users, options.name)
            users[options.name] = replace(users[options.name], password=hashed)
            Audit(store).note(os_user(), "password changed", options.name)
            Lockout(store).forget(options.name)
    finally:
        store.close()
    print(f"{options.name} has a new password; sessions with the old one have ended")
    return 0


def run_list(options: argparse.Namespace) -> int:
    from bot.desk.access.users import read_users, users_path

    path = users_path(read_settings())
    users = read_users(path) if path.exists() else {}
    for user in users.values():
        print(f"{user.name:20} {user.role}")
    if not users:
        print("nobody yet; run: python -m bot desk user add NAME --role shipper")
    return 0


def _refuse_known(users: Mapping[str, Any], name: str) -> None:
    if name in users:
        raise SetupError(f"{name} is there already; to change the role: desk user remove, then add")


def _refuse_unknown(users: Mapping[str, Any], name: str) -> None:
    if name not in users:
        raise SetupError(f"there is no user {name}; there are: {', '.join(users) or 'none'}")


def _asked_password() -> str:
    """From the terminal, twice, or the first line of standard input."""
    from bot.desk.access.passwords import problem_of

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise SetupError("the two passwords are not the same; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    problem = problem_of(password)
    if problem:
        raise SetupError(f"{problem}; nothing was changed")
    return password


def add_audit(verbs: Any) -> None:
    audit = verbs.add_parser("audit", help="who did what at the desk, and when")
    audit.add_argument("--csv", action="store_true", help="all of it as CSV")
    audit.add_argument("--most", type=int, default=50, help="how many of the newest entries (default: 50)")
    audit.set_defaults(run=run_audit)


def run_audit(options: argparse.Namespace) -> int:
    from bot.desk.audit import as_csv, opened_audit

    with opened_audit(read_settings()) as audit:
        entries = audit.entries(most=-1 if options.csv else max(1, options.most))
    if options.csv:
        print(as_csv(entries), end="")
        return 0
    for entry in reversed(entries):
        print(f"{entry.when}  {entry.who or '(unknown)':12}  {entry.what:18}  {entry.detail}".rstrip())
    if not entries:
        print("nothing was done at the desk yet")
    return 0
