"""A database into a file and out of it, with PostgreSQL's own programs; and whether two hold the same.

A dump needs a `pg_dump` that is no older than the server, so the programs of the embedded server are looked at first,
then PARLEY_PG_BIN, then PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from parley.backup.errors import BackupError
from parley.lib.env import env_str
from parley.servers.place import EmbeddedError, tail
from parley.servers.postgres import programs

VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""A password never stands among the arguments, where every user of the machine can read it."""


def dump(url: str, file: Path) -> None:
    """`file` becomes PostgreSQL's custom format, compressed: one moment of the database. Raises BackupError."""
    _run(_program("pg_dump", url), url, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def load(file: Path, url: str) -> None:
    """Bring a dump back into an empty database: all of it or nothing. Raises BackupError."""
    name = conninfo_to_dict(url)["dbname"]
    arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={name}")
    _run(_program("pg_restore", url), url, *arguments, str(file))


def is_empty(url: str) -> bool:
    """Whether the database holds no table of ours."""
    return not tables(url)


def empty(url: str) -> None:
    """Drop everything in it. Whoever is connected is in the way: stop web, Celery and beat first."""
    with _connected(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def tables(url: str) -> dict[str, int]:
    """Rows by table, counted one by one."""
    with _connected(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        counts = {}
        for (name,) in found:
            row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(name))).fetchone()
            counts[str(name)] = int(row[0]) if row else 0
        return counts


@contextmanager
def scratch(url: str, name: str) -> Iterator[str]:
    """The URL of a new database `name` beside that of `url`, which is dropped afterwards. Raises BackupError."""
    beside = Identifier(name)
    with _connected(url) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(beside))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(beside))
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with _connected(url) as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(beside))


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise BackupError(f"The database said: {str(error).strip()}") from error


def _server_major(url: str) -> int:
    with _connected(url) as connection:
        return connection.info.server_version // 10_000


def _program(name: str, url: str) -> str:
    """The first `name` that is new enough for the server."""
    wanted, seen = _server_major(url), []
    for candidate in _candidates(name):
        major = _major(candidate)
        if major >= wanted:
            return candidate
        seen.append(f"{candidate} is of version {major}")
    hint = "; ".join(seen) or f"there is no {name}"
    raise BackupError(
        f"The server is PostgreSQL {wanted} and {hint}. Install postgresql-client-{wanted}, or name its folder in "
        "PARLEY_PG_BIN."
    )


def _candidates(name: str) -> Iterator[str]:
    folder = env_str("PARLEY_PG_BIN")
    if folder:
        yield str(Path(folder) / name)
    try:
        embedded = programs() / name
    except EmbeddedError:
        pass  # The web's image has no server in it.
    else:
        if embedded.exists():
            yield str(embedded)
    found = shutil.which(name)
    if found:
        yield found


def _major(program: str) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _run(program: str, url: str, *arguments: str) -> None:
    done = subprocess.run(
        [program, *arguments],
        env=_environment(conninfo_to_dict(url), os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupError(f"{Path(program).name} failed. {tail(done.stderr)}")


def _environment(parts: Mapping[str, object], inherited: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in inherited.items() if not name.startswith("PG")}
    return kept | {VARIABLES[name]: str(value) for name, value in parts.items() if name in VARIABLES}


def differences(before: Mapping[str, int], after: Mapping[str, int]) -> Sequence[str]:
    """Tables whose numbers of rows differ, in words."""
    return [
        f"{name}: {before.get(name, 'no table')} → {after.get(name, 'no table')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
