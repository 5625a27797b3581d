"""Everything that an agent of this machine can meet while `manage.py simulate` runs: Twilio, Meta, and a clinic's calendar.

One port serves them all, the one that the server looks for its carriers at.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings

from agents.models import Agent
from channels_io.account_secrets import secrets_of
from channels_io.hooks import hook_url
from channels_io.models import Account
from channels_io.simulators import clinic
from channels_io.simulators.clinic import Clinic
from channels_io.simulators.meta import MetaIdentity, MetaSimulator
from channels_io.simulators.meta.simulator import PATH as META_PATH
from channels_io.simulators.stand_in import NothingSimulated, StandIn, account_for, add_channels, find, twilio_of
from channels_io.simulators.twilio import TwilioSimulator

DISPLAY_NUMBER = "12025550100"


class NoPort(ValueError):
    """The server looks for its simulator elsewhere; the message says where."""


@dataclass(frozen=True, slots=True)
class World:
    """`meta`: of the agent's newest WhatsApp channel straight from Meta; None when it has none."""

    twilio: TwilioSimulator
    meta: MetaSimulator | None
    clinic: Clinic


@asynccontextmanager
async def world_of(agent: Agent) -> AsyncGenerator[World]:
    """Raises NoPort, NothingSimulated, Unsealable; OSError when the port is taken."""
    port, desk = simulator_port(), Clinic()
    account = await sync_to_async(account_for)(agent.workspace, Account.Provider.TWILIO)
    meta = await sync_to_async(_meta_of)(agent)
    mounts = {clinic.PATH: desk.routes()}
    if meta is not None:
        mounts[META_PATH] = meta.routes()
    async with AsyncExitStack() as stack:
        twilio = await sync_to_async(twilio_of)(account, port=port, mounts=mounts)
        await stack.enter_async_context(twilio)
        await sync_to_async(add_channels)(twilio, account)
        if meta is not None:
            await stack.enter_async_context(meta)
        yield World(twilio, meta, desk)


def clinic_url() -> str:
    """Raises NoPort."""
    return f"http://127.0.0.1:{simulator_port()}{clinic.PATH}"


def simulator_port() -> int:
    """Where the server looks for the simulator. Raises NoPort."""
    where = urlsplit(settings.PARLEY_SIMULATOR_URL)
    if where.hostname not in {"127.0.0.1", "localhost"} or where.port is None:
        raise NoPort(f"PARLEY_SIMULATOR_URL must be a port of this machine, not {settings.PARLEY_SIMULATOR_URL}.")
    return where.port


def _meta_of(agent: Agent) -> MetaSimulator | None:
    """Not entered yet."""
    try:
        stand_in = find(agent, "whatsapp", meta=True)
    except NothingSimulated:
        return None
    return MetaSimulator(_identity_of(stand_in), hook=hook_url(stand_in.channel, "webhook"), serve=False)


def _identity_of(stand_in: StandIn) -> MetaIdentity:
    secrets = secrets_of(stand_in.account)
    return MetaIdentity(
        waba=stand_in.account.number,
        phone_number_id=stand_in.channel.address,
        display_number=DISPLAY_NUMBER,
        access_token=secrets["access_token"],
        app_secret=secrets["app_secret"],
        verify_token=secrets["verify_token"],
    )
