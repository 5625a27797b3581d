from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from channels_io.live.socket_channel import transport_backlog
from tests.channels_io.live.processes import Process, free_port


@pytest.fixture
def daphne(tmp_path: Path) -> Iterator[Process]:
    port = free_port()
    application = "tests.channels_io.live.backlog_app:application"
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application]
    process = Process(command, port, "/", {"BACKLOG_FILE": str(tmp_path / "backlog")}, tmp_path / "log")
    process.start()
    process.wait_ready()
    yield process
    process.stop()


async def test_daphne_tells_what_waits_for_a_client_that_does_not_read(daphne: Process, tmp_path: Path) -> None:
    async with connect(
        f"ws://127.0.0.1:{daphne.port}/", max_queue=1, compression=None, proxy=None, close_timeout=0.1, max_size=None
    ):
        async with asyncio.timeout(20):
            while not (tmp_path / "backlog").exists() or not (tmp_path / "backlog").read_text():
                await asyncio.sleep(0.05)
        before, after = map(int, (tmp_path / "backlog").read_text().split())
    assert before < 1000
    assert after > 1 << 20


def test_a_server_that_does_not_tell_has_no_backlog() -> None:
    async def send(message: object) -> None: ...

    assert transport_backlog(send) == 0
    assert transport_backlog(partial(send)) == 0
    assert transport_backlog(partial(send, object())) == 0  # type: ignore[arg-type]
