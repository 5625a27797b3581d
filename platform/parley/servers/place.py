"""Where the embedded servers of one var/ folder are, and what both need."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.errors import ParleyError
from parley.lib.env import env_str

ROOT: Final = Path(__file__).resolve().parents[3]
SOCKET_PATH_LIMIT: Final = 100
"""Bytes. Linux allows 107 and macOS 103 for the whole path of a socket."""
START_SECONDS: Final = 60
DATABASE: Final = "parley"
DATABASE_USER: Final = "parley"


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


def installed(package: str, pattern: str, instead: str) -> Path:
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


def tail(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines()[-4:] if line.strip())


def until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
