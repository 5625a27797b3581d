"""The published agents of a worker that started before the database was there.

It begins with those of the last run, from the file; `renew` tells it when `prepare` has written others.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from inference.errors import ParleyError
from inference.spec import AgentSpec
from parley.lib.secrets import secret_file
from parley.stack.errors import StackError


class Agents:
    """`path` is the file that `prepare` writes; `var` holds the secret that worker and web share."""

    def __init__(self, path: Path, var: Path) -> None:
        self._path = path
        # Made here when nobody has: the worker reads it before the web side is there.
        self._token = os.environ.get("PARLEY_WORKER_TOKEN") or secret_file(var / "secrets" / "worker_token")
        self._before = _read(path)
        self.readable = self._before == b"" or _decode(self._before) is not None
        """Whether a worker can start with the file as it is: there is none, or it is of this version."""

    async def renew(self, worker_url: str) -> None:
        """Tell the worker, which is ready, what it could not know. Raises StackError."""
        now = _read(self._path)
        specs = _decode(now)
        if now == self._before or specs is None:
            return
        # Its HTTP library takes longer to load than most of what a start does, and is rarely needed here.
        from inference.client import put_agents

        try:
            await put_agents(worker_url, self._token, specs)
        except ParleyError as error:
            raise StackError(
                "agents_not_taken", f"The worker did not take the published agents: {error.message}"
            ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _decode(data: bytes) -> list[AgentSpec] | None:
    try:
        return msgspec.json.decode(data, type=list[AgentSpec])
    except msgspec.DecodeError:
        return None
