"""One PostgreSQL and one Valkey per test session, in a temp folder; a database of each for every xdist worker."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MARK = "PARLEY_TEST_SERVERS"
"""Set by the process that started the servers; xdist's workers inherit it."""
LEAVE_TO_US = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "PARLEY_PUBLIC_URL",
    "PARLEY_WORKERS",
)


def use_private_servers() -> None:
    """Start them (or join those of the xdist controller) and point the environment at them. Before settings are read."""
    from parley import embedded

    if MARK not in os.environ:
        for name in LEAVE_TO_US:
            os.environ.pop(name, None)
        var = Path(tempfile.mkdtemp(prefix="parley-test-"))
        os.environ[MARK] = str(var)
        os.environ["PARLEY_VAR"] = str(var)
        os.environ["PARLEY_EMBEDDED_UNSAFE"] = "1"
        embedded.ensure(var, postgres=True, valkey=True)
        atexit.register(_end, var, os.getpid())
    place = embedded.embedded(Path(os.environ[MARK]))
    os.environ["DATABASE_URL"] = place.database_url
    # Database 0 stays free for tests that start processes of their own.
    os.environ["REDIS_URL"] = f"{place.redis_url}?db={1 + worker_number()}"


def worker_number() -> int:
    """0 alone, 0, 1, ... under xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def _end(var: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    from parley import embedded

    embedded.stop(var)
    shutil.rmtree(var, ignore_errors=True)
