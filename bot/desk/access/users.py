"""Who may use the desk's page: a YAML file of names, roles and hashes, which only its owner may read."""
from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.desk.access.passwords import is_hash
from bot.errors import DataFileError, SetupError
from bot.settings import Settings
from bot.yaml_files import read_mapping

ROLES = ("reader", "editor", "shipper")  # each may do what those before it may
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_HEAD = "# Who may use the desk's page. To change it: python -m bot desk user add | remove | password\n"
Signature = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class User:
    """`password` is its hash."""

    name: str
    role: str
    password: str

    def may(self, role: str) -> bool:
        """Whether the user has this role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def read_users(path: Path) -> dict[str, User]:
    """The users by name.

    Raises:
        DataFileError: no such file, others may read it, or something in it is wrong: with line and key.
    """
    file = read_mapping(path).expect(["users"])
    if path.stat().st_mode & 0o077:
        raise DataFileError(path, f"others may read or change it; run: chmod 600 {path}")
    users: dict[str, User] = {}
    for entry in file.mappings("users"):
        entry.expect(["name", "role", "password"])
        name = entry.text("name")
        if not _NAME.fullmatch(name):
            raise entry.fail("name", f"{name!r} is no name; {NAME_FORM}")
        if name in users:
            raise entry.fail("name", f"{name} stands here twice; take one out")
        if not is_hash(entry.text("password")):
            raise entry.fail("password", f"is no Argon2id hash; run: python -m bot desk user password {name}")
        users[name] = User(name=name, role=entry.one_of("role", ROLES), password=entry.text("password"))
    return users


NAME_FORM = "small letters, digits, and . _ - between, 32 at most"


def check_name(name: str) -> None:
    """Raises:
        SetupError: it is no name for a user.
    """
    if not _NAME.fullmatch(name):
        raise SetupError(f"{name!r} is no name; {NAME_FORM}")


def users_path(settings: Settings) -> Path:
    """Raises:
        SetupError: the setting is missing; the desk's page is off.
    """
    if settings.desk_users is None:
        raise SetupError("the desk's page is off; to switch it on, set FOOTNOTE_DESK_USERS to a file of users, such as "
                         "var/desk-users.yml, and run: python -m bot desk user add NAME --role shipper")
    return settings.desk_users


class UserFile:
    """The users as the file stands at the moment; read anew when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: Signature | None = None
        self._users: Mapping[str, User] = {}

    def get(self, name: str) -> User | None:
        """Raises:
            DataFileError: the file is broken; until it is mended nobody has access.
        """
        with self._lock:
            seen = _signature(self.path)
            if seen is None or seen != self._seen:
                self._users, self._seen = read_users(self.path), seen
            return self._users.get(name)


@contextlib.contextmanager
def changing_users(path: Path) -> Iterator[dict[str, User]]:
    """The users, to be changed in place; then the file is written, whole or not at all. One at a time does so.

    Raises:
        DataFileError: the file is broken, or cannot be written.
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise DataFileError(path, f"cannot be written ({error.strerror}); mend the folder's rights") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        users = read_users(path) if path.exists() else {}
        yield users
        _write(path, users)
    finally:
        os.close(folder)


def _write(path: Path, users: Mapping[str, User]) -> None:
    lines = "".join(
        f'- name: "{user.name}"\n  role: {user.role}\n  password: "{user.password}"\n'
        for user in sorted(users.values(), key=lambda user: user.name)
    )
    part = None
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # with mode 0600
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"{_HEAD}users:\n{lines}" if lines else f"{_HEAD}users: []\n")
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise DataFileError(path, f"cannot be written ({error.strerror}); it stands as before") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _signature(path: Path) -> Any:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size, status.st_mode
