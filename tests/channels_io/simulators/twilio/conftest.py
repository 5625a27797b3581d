"""A simulator with one number, and a desk that answers it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels_io.simulators.twilio import Pace, TwilioSimulator
from tests.channels_io.simulators.twilio.desk import QUICK, Desk, open_desk

NUMBER = "+12025550100"
ANN = "+353861234567"
BEN = "+353867654321"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


@pytest.fixture
async def twilio(desk: Desk) -> AsyncIterator[TwilioSimulator]:
    async with TwilioSimulator(pace=Pace(**QUICK)) as simulator:
        simulator.add_number(
            NUMBER,
            voice_url=f"{desk.url}/voice",
            voice_fallback_url=f"{desk.url}/fallback",
            status_callback=f"{desk.url}/status",
            sms_url=f"{desk.url}/message",
        )
        simulator.add_number(f"whatsapp:{NUMBER}", sms_url=f"{desk.url}/message")
        yield simulator
