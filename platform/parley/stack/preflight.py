"""What can be known before anything starts: each problem found says what to do about it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.stack.errors import StackError

PYTHONS = ((3, 11), (3, 13))
BACKLOG = 1024
"""Connections that may wait until a server takes them."""
SPACE_FOR_DATA = 512 * 1024 * 1024
"""The database as created, its log, and some recordings. Weights check their own space."""


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> None:
    lowest, highest = PYTHONS
    if not lowest <= version <= highest:
        raise StackError(
            "python_version",
            f"Parley needs Python {lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}, this is "
            f"{version[0]}.{version[1]}. Remove .venv and run make again with PYTHON=/path/to/python3.12.",
        )


def check_port(host: str, port: int, variable: str) -> None:
    """Raises StackError when nobody can listen on host:port. `variable` is what chooses another one."""
    _bound(host, port, variable).close()


def listen_on(host: str, port: int, variable: str) -> socket.socket:
    """A socket that takes connections from now on. Raises StackError as `check_port`."""
    listening = _bound(host, port, variable)
    listening.listen(BACKLOG)
    return listening


def _bound(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    # As the servers do: a port in TIME_WAIT of the last run is free.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise StackError(
            "port_taken",
            f"Port {port} on {host} cannot be used ({error.strerror}). Stop the program that has it "
            f"(find it with: ss -ltnp 'sport = :{port}'), or choose another port: {variable}={port + 1} make run",
        ) from error
    return bound


def check_folder(path: Path) -> None:
    """The folder exists or can be made, and can be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(
            "folder_not_writable", f"{path} cannot be created ({error.strerror}). Set PARLEY_VAR to a folder of yours."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise StackError(
            "folder_not_writable",
            f"{path} belongs to someone else. Give it to the user who runs Parley, or set PARLEY_VAR to a folder of yours.",
        )


def check_space(path: Path, needed: int, purpose: str, variable: str) -> None:
    """`path` need not exist yet; its nearest existing parent tells the file system."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StackError(
            "disk_full",
            f"{_size(free)} are free at {existing}, {purpose} need {_size(needed)}. Free some space, "
            f"or put them elsewhere: {variable}=/path/with/space make run",
        )


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold var/stack.lock while the stack runs: two of them would share one database folder."""
    path = var / "stack.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StackError(
                "already_running",
                f"Parley already runs from {var} (process {file.read().strip() or 'unknown'}). Open it in the browser, "
                "stop it with Ctrl-C where it was started, or start a second one with its own PARLEY_VAR, "
                "PARLEY_PORT and PARLEY_WORKER_PORT.",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def spare_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def spare_ports(count: int, host: str = "127.0.0.1") -> int:
    """The first of `count` ports in a row that nobody listens on now."""
    while True:
        first = spare_port(host)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError, OverflowError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind((host, port))
            return first


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.0f} MB"
