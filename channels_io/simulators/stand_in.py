"""A simulated account and a channel of it for an agent: found, or made. What `manage.py simulate` calls and writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from starlette.routing import BaseRoute

from agents.models import Agent
from channels_io.account_secrets import secrets_of
from channels_io.actions.save_account import create_account
from channels_io.actions.save_channel import create_channel
from channels_io.hooks import hook_url
from channels_io.models import Account, Channel
from channels_io.simulators.twilio import TwilioSimulator
from channels_io.simulators.twilio.message_centre import WHATSAPP
from channels_io.simulators.twilio.simulator import API_KEY, API_SECRET
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace

Wire = Literal["call", "sms", "whatsapp"]
NUMBERS: Final = tuple(f"+1202555{number:04}" for number in range(100, 200))
"""Reserved for stories: nobody has them."""
ACCOUNT_NAMES: Final = {Account.Provider.TWILIO: "Simulated Twilio", Account.Provider.META: "Simulated Meta"}
CHANNEL_NAMES: Final = {"call": "Simulated telephone", "sms": "Simulated SMS", "whatsapp": "Simulated WhatsApp"}
VOICE, MESSAGES, META = "twilio_voice", "twilio_messaging", "whatsapp_cloud"
RETRIES: Final = "#rc=2&rp=ct,rt,5xx"
"""As the set-up pages enter it at the real carrier."""


class NothingSimulated(LookupError):
    """The agent has no simulated channel of that kind; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StandIn:
    account: Account
    channel: Channel
    made: bool = False


def find(agent: Agent, wire: Wire, *, meta: bool = False) -> StandIn:
    """The agent's newest one; `meta`: WhatsApp straight from Meta only. Raises NothingSimulated."""
    channels = Channel.objects.of(agent.workspace).filter(agent=agent, enabled=True, account__simulated=True)
    for channel in channels.select_related("account__workspace", "agent", "workspace").order_by("-pk"):
        if wire_of(channel) == wire and channel.account is not None and (not meta or channel.kind == META):
            return StandIn(channel.account, channel)
    raise NothingSimulated(
        f"The agent {agent.slug!r} has no simulated channel for this. Add --create, and one is made; or make a simulated "
        f"account and a channel of it on the Channels page."
    )


def find_or_make(agent: Agent, wire: Wire, *, meta: bool = False) -> StandIn:
    """Raises NothingSimulated where none can be made."""
    try:
        return find(agent, wire, meta=meta)
    except NothingSimulated:
        return make(agent, wire, meta=meta)


def make(agent: Agent, wire: Wire, *, meta: bool = False) -> StandIn:
    """Raises NothingSimulated with the reason."""
    actor = system_actor(agent.workspace)
    account = account_for(agent.workspace, Account.Provider.META if meta else Account.Provider.TWILIO)
    kind = META if meta else VOICE if wire == "call" else MESSAGES
    taken = set(Channel.objects.of(agent.workspace).filter(kind=kind).values_list("address", flat=True))
    address = next((address for address in map(_address_for(wire, meta=meta), NUMBERS) if address not in taken), "")
    if not address:
        raise NothingSimulated("All numbers that may be made up are taken: delete a simulated channel first.")
    names = set(Channel.objects.of(agent.workspace).values_list("name", flat=True))
    name = next(name for name in _names(CHANNEL_NAMES[wire], agent.name) if name not in names)
    try:
        channel = create_channel(actor, kind=kind, name=name, agent=agent, account=account, address=address)
    except ValidationError as error:
        raise NothingSimulated(f"No simulated channel could be made: {' '.join(error.messages)}") from error
    return StandIn(account, channel, made=True)


def account_for(workspace: Workspace, provider: Account.Provider) -> Account:
    """The workspace's newest simulated one, made if there is none. Raises NothingSimulated."""
    accounts = Account.objects.of(workspace).filter(provider=provider, simulated=True)
    found = accounts.select_related("workspace").order_by("-pk").first()
    if found is not None:
        return found
    try:
        return create_account(
            system_actor(workspace), provider=provider, name=ACCOUNT_NAMES[provider], secrets={}, simulated=True
        )
    except ValidationError as error:
        raise NothingSimulated(f"No simulated account could be made: {' '.join(error.messages)}") from error


def _address_for(wire: Wire, *, meta: bool) -> Callable[[str], str]:
    """Of one of NUMBERS: what a channel calls its own. Meta's is the number's id, which is digits as well."""
    if meta:
        return lambda number: number.removeprefix("+")
    return lambda number: f"{WHATSAPP}{number}" if wire == "whatsapp" else number


def _names(base: str, agent: str) -> Iterator[str]:
    yield base
    yield f"{base} of {agent}"
    for number in range(2, 1000):
        yield f"{base} of {agent} {number}"


def wire_of(channel: Channel) -> Wire | None:
    match channel.kind:
        case "twilio_voice":
            return "call"
        case "twilio_messaging":
            return "whatsapp" if channel.address.startswith(WHATSAPP) else "sms"
        case "whatsapp_cloud":
            return "whatsapp"
    return None


def twilio_of(
    account: Account, *, port: int, mounts: Mapping[str, Sequence[BaseRoute]] | None = None
) -> TwilioSimulator:
    """Twilio with this account, not entered yet; `mounts`: what else its port serves. Raises Unsealable."""
    secrets = secrets_of(account)
    return TwilioSimulator(
        port=port,
        account_sid=account.number,
        auth_token=secrets.get("auth_token", ""),
        api_key=secrets.get("api_key", API_KEY),
        api_secret=secrets.get("api_secret", API_SECRET),
        reach={settings.PARLEY_PUBLIC_URL: served_at()},
        mounts=mounts,
    )


def add_channels(twilio: TwilioSimulator, account: Account) -> None:
    """Every number of the account, with the webhooks that the set-up pages would enter at Twilio."""
    for channel in account.channels.filter(enabled=True):
        # A number may take calls and messages: two channels of ours.
        number = twilio.numbers.get(channel.address) or twilio.add_number(channel.address, name=channel.name)
        if channel.kind == VOICE:
            number.voice_url = hook_url(channel, "voice") + RETRIES
            number.voice_fallback_url = hook_url(channel, "fallback") + RETRIES
            number.status_callback = hook_url(channel, "status")
        elif channel.kind == MESSAGES:
            number.sms_url = number.sms_fallback_url = hook_url(channel, "message") + RETRIES


def served_at() -> str:
    """Where the web process listens on this machine, whatever its public address is."""
    return f"http://{settings.PARLEY_HOST}:{settings.PARLEY_PORT}"
