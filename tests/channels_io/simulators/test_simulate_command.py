"""`manage.py simulate` as a person runs it: against a whole stack of processes, on fake engines.

The engines understand the same words in each call, in the order of the story; everything else is as in earnest.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.stack.preflight import spare_port
from parley.stack.report import PlainReport
from parley.stack.stack import Stack, StackOptions
from tests.support.servers import LEAVE_TO_US, MARK

pytestmark = pytest.mark.timeout(400)

HEARD = (
    "I would like to book an appointment.",
    "A cleaning, please.",
    "Next Tuesday.",
    "At half past three in the afternoon.",
    "My name is Peter Hill.",
    "That is right.",
    "I would like to speak to a person, please.",
)


@asynccontextmanager
async def running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    for name in (MARK, *LEAVE_TO_US, "PARLEY_VAR", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    env = {
        "PARLEY_ENGINE_TRANSCRIBER": f"script={'|'.join(HEARD).replace(' ', '_')}",
        "PARLEY_SIMULATOR_URL": f"http://127.0.0.1:{spare_port()}",
    }
    async with Stack(StackOptions.private(folder / "var", background=True, env=env), PlainReport()) as stack:
        yield stack


async def test_a_booking_and_a_call_whose_server_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, monkeypatch) as stack:
        code, out, err = await stack.manage("simulate", "booking", "--json")
        assert code == 0, f"{out}\n{err}\n{log_of(stack, 'web')}"
        story = json.loads(out)
        assert [check["what"] for check in story["checks"] if not check["right"]] == []
        assert len(story["checks"]) == 19
        assert len(story["conversations"]) == 2

        await a_call_whose_server_dies(stack)


async def a_call_whose_server_dies(stack: Stack) -> None:
    """kill -9 in the middle: the carrier asks on, the new process takes the call up where it was, and says so."""
    killed: list[int] = []

    def watch(line: str) -> None:
        if "presses" in line and not killed:
            killed.append(stack.supervisor.pid("web"))
            os.kill(killed[0], signal.SIGKILL)

    code, out, err = await stack.manage(
        "simulate", "call", "--agent", "simulated-clinic", "--json", "--wav", *clips("w111"), "--digits", "1", "--wav",
        *clips("w112"), on_line=watch,
    )  # fmt: skip
    assert code == 0, f"{out}\n{err}\n{log_of(stack, 'web')}"
    call = json.loads(out)
    assert len(killed) == 1
    said = [turn["text"] for turn in call["transcript"]]
    assert [stream["opened"] for stream in call["streams"]] == [True, True], call
    assert call["verbs"].count("Connect") == 2
    assert any("back" in text for text in said), said
    assert not any("How can I help" in text for text in said[1:]), said
    await stack.supervisor.wait_ready("web")


def clips(*names: str) -> list[str]:
    return [f"channels_io/bench/corpus/booking/{name}.wav" for name in names]


def log_of(stack: Stack, name: str) -> str:
    return stack.supervisor.log_path(name).read_text(errors="replace")[-4000:]


def test_the_order_of_what_is_done_is_that_of_the_command_line() -> None:
    from channels_io.management.commands.simulate import Command

    parser = Command().create_parser("manage.py", "simulate")
    given: Any = parser.parse_args(
        ["call", "--agent", "a", "--wav", "one.wav", "two.wav", "--dtmf", "12#", "--interrupt-after", "500", "--text", "No", "--wav", "three.wav"]
    )  # fmt: skip
    assert given.deeds == [
        ("FILE", "one.wav"),
        ("FILE", "two.wav"),
        ("KEYS", "12#"),
        ("MS", "500"),
        ("WORDS", "No"),
        ("FILE", "three.wav"),
    ]


async def test_the_clinics_calendar() -> None:
    import httpx
    from starlette.applications import Starlette

    from channels_io.simulators.clinic import Clinic

    clinic = Clinic()
    transport = httpx.ASGITransport(Starlette(routes=clinic.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic") as client:
        when = {"day": "2027-03-02", "time": "15:30"}
        assert (await client.get("/slots", params=when)).json() == {"free": True, "alternative": ""}
        wanted = {**when, "name": "Ann", "phone": "+12025550101", "reason": "cleaning"}
        assert (await client.post("/appointments", json=wanted)).json() == {"number": "A-1"}
        assert (await client.get("/slots", params=when)).json() == {"free": False, "alternative": "16:00"}
        assert (await client.get("/slots", params={**when, "time": "soon"})).json()["free"] is True
        assert (await client.post("/appointments", json={"name": "Ann"})).status_code == 400
        assert (await client.post("/appointments", content=b"[]")).status_code == 400
    assert clinic.booked == [wanted]
    assert clinic.next_free("2027-03-02", "23:30") == ""
