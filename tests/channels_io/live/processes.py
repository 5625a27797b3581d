"""A web process (by the server that PARLEY_SERVER says) and workers (fake engines) as they run in earnest: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.db import connection

from parley import serve

ROOT = Path(__file__).parents[3]
TOKEN = "secret-of-the-tests"
START_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """`command` with `extra` in its environment; ready when `path` answers 200."""

    def __init__(self, command: list[str], port: int, path: str, extra: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._ready = f"http://127.0.0.1:{port}{path}"
        paths = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
        self._environment = {**os.environ, "PYTHONPATH": paths, "PARLEY_WORKER_TOKEN": TOKEN, **extra}
        self._log = log
        self.port = port

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            try:
                if httpx.get(self._ready, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(self._log.read_text())

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def alive(self) -> bool:
        return self._process.poll() is None


def worker(folder: Path, command: list[str] | None = None, **settings: str) -> Process:
    """`command`: another worker than `python -m inference`; `settings` are environment variables."""
    port = free_port()
    extra = {"PARLEY_PROFILE": "fake", "PARLEY_WORKER_PORT": str(port), "PARLEY_AGENTS": "", **settings}
    return Process(command or [sys.executable, "-m", "inference"], port, "/ready", extra, folder / f"worker-{port}.log")


def web(folder: Path, *workers: Process, **settings: str) -> Process:
    """On the database of this test; `settings` are environment variables."""
    port = free_port()
    parts = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(parts._replace(path="/" + str(connection.settings_dict["NAME"])))
    extra = {
        "DATABASE_URL": database,
        "PARLEY_WORKERS": ",".join(f"http://127.0.0.1:{worker.port}" for worker in workers),
        "DJANGO_SETTINGS_MODULE": "parley.settings",
        **settings,
    }
    return Process([*serve.command("127.0.0.1", port)], port, "/health", extra, folder / f"web-{port}.log")
