"""An HTTP server on a loopback port, inside the event loop of whoever simulates something."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette


class Serving:
    """`await start()`, then `url`. Raises OSError when the port is taken; 0 takes any free one."""

    def __init__(self, application: Starlette, port: int = 0) -> None:
        config = uvicorn.Config(
            application, lifespan="off", log_level="critical", access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None
        # Bound here: a server that finds its port taken would end the process.
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        # Not `serve`: that would take the process's signals for itself.
        self._task = asyncio.get_running_loop().create_task(self._server._serve([self._socket]))
        while not self._server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task
