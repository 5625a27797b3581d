"""An ASGI application for Daphne: sends 8 MiB to whoever connects, then tells on disk what still waits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from channels_io.live.socket_channel import transport_backlog


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    before = transport_backlog(send)
    for _ in range(128):
        await send({"type": "websocket.send", "bytes": bytes(65_536)})
    Path(os.environ["BACKLOG_FILE"]).write_text(f"{before} {transport_backlog(send)}")
    await receive()
