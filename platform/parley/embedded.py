"""PostgreSQL and Valkey from wheels, under var/: what runs when DATABASE_URL and REDIS_URL name nothing else.

Both listen on Unix sockets in one private folder: no port to collide on, nothing on the network, and their URLs are
known before they run. Whoever uses them holds a shared lock on `users.lock`; the last one to leave stops them. The
kernel drops the lock of a killed process, so nothing is left behind by kill -9 but files that the next start clears.

PostgreSQL refuses to run as root. A root user's database therefore runs as the owner of its data folder, made for
`postgres`, or else `nobody`; the folders above it get the search bit (o+x) where that user would not get through.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from parley.lib.env import env_str
from parley.servers import postgres as postgres_server
from parley.servers import valkey as valkey_server
from parley.servers.place import ROOT, Embedded, EmbeddedError, embedded

__all__ = [
    "ROOT",
    "Embedded",
    "EmbeddedError",
    "embedded",
    "ensure",
    "ensure_for_command",
    "stop",
    "wanted",
]

WITHOUT_SERVERS: Final = frozenset(
    {"check", "collectstatic", "compilemessages", "diffsettings", "help", "makemessages", "models", "up", "version"}
)
"""Commands of manage.py that start nothing. `up` starts and watches the servers itself."""


def wanted() -> tuple[bool, bool]:
    """(PostgreSQL, Valkey): which of the two the environment leaves to us."""
    return not env_str("DATABASE_URL") and not env_str("DATABASE_URL_FILE"), not (
        env_str("REDIS_URL") or env_str("REDIS_URL_FILE")
    )


def ensure_for_command(argv: Sequence[str]) -> None:
    """Start what a manage.py command needs."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in WITHOUT_SERVERS or command.startswith("-") or "--help" in argv:
        return
    ensure()


def ensure(var: Path | None = None, *, postgres: bool | None = None, valkey: bool | None = None) -> None:
    """Start what does not run yet and hold it until this process ends. Raises EmbeddedError.

    `postgres` and `valkey` default to what the environment leaves to us.
    """
    by_environment = wanted()
    postgres = by_environment[0] if postgres is None else postgres
    valkey = by_environment[1] if valkey is None else valkey
    if not postgres and not valkey:
        return
    place = embedded(var)
    try:
        place.var.mkdir(parents=True, exist_ok=True)
        private_folder(place.run)
        _hold(place)
        with _locked(place.run / "start.lock"):
            if postgres:
                postgres_server.ensure_running(place)
            if valkey:
                valkey_server.ensure_running(place)
    except OSError as error:
        raise EmbeddedError(
            f"The embedded servers cannot use {place.var}: {error}. Free some space, correct the rights, or set "
            "PARLEY_VAR to a folder this user may write to.",
            code="embedded_folder",
        ) from error


def stop(var: Path | None = None) -> None:
    """Stop both servers now, whoever uses them. Quiet when they do not run."""
    place = embedded(var)
    if not place.run.is_dir():
        return
    with _locked(place.run / "start.lock"):
        postgres_server.stop(place)
        valkey_server.stop(place)


# Who uses the servers

_held: dict[Path, IO[bytes]] = {}


def _hold(place: Embedded) -> None:
    if place.run in _held:
        return
    file = open(place.run / "users.lock", "ab")  # noqa: SIM115 -- held open until this process ends
    fcntl.flock(file, fcntl.LOCK_SH)
    _held[place.run] = file
    atexit.register(_release, place, os.getpid())


def _release(place: Embedded, holder: int) -> None:
    file = _held.pop(place.run, None)
    if file is None or os.getpid() != holder:
        return
    with file, contextlib.suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with contextlib.suppress(EmbeddedError):
            stop(place.var)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def private_folder(path: Path) -> None:
    """0700 and nobody else's: a folder in /tmp that somebody put there first is refused."""
    path.mkdir(mode=0o700, exist_ok=True)
    facts = path.lstat()
    owners = {os.getuid()}
    if os.getuid() == 0:
        owners |= {entry.pw_uid for entry in postgres_server.server_users()}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in owners:
        raise EmbeddedError(
            f"{path} belongs to somebody else. Remove it, or set PARLEY_VAR to a folder of your own.",
            code="embedded_folder",
        )
    if stat.S_IMODE(facts.st_mode) != 0o700:
        path.chmod(0o700)
