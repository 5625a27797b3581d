"""Every channel kind, once: routes, pages and set-up forms are built from this list.

A third party adds a kind with an entry point in the group `parley.channels` whose value is the path
of a `ChannelKind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import import_string

from channels_io.base import ChannelKind
from channels_io.setting_checks import refuse_unknown
from inference.errors import ParleyError

if TYPE_CHECKING:
    from channels_io.messaging.provider import Messenger
    from channels_io.models import Account, Channel
    from channels_io.setting_up import SetUp
    from channels_io.telephony import Dialer

ENTRY_POINT_GROUP = "parley.channels"

KINDS: dict[str, str] = {
    "browser_voice": "channels_io.kinds.browser_voice.kind.KIND",
    "web_chat": "channels_io.kinds.web_chat.kind.KIND",
    "api": "channels_io.kinds.api.kind.KIND",
    "twilio_voice": "channels_io.kinds.twilio_voice.kind.KIND",
    "twilio_messaging": "channels_io.kinds.twilio_messaging.kind.KIND",
    "whatsapp_cloud": "channels_io.kinds.whatsapp_cloud.kind.KIND",
    "loopback": "channels_io.kinds.loopback.kind.KIND",
}


class UnknownKind(LookupError):
    """No channel kind of this name is installed."""


@cache
def paths() -> dict[str, str]:
    """Kind name → dotted path; an installed package cannot replace a kind of ours."""
    foreign = {point.name: point.value.replace(":", ".") for point in entry_points(group=ENTRY_POINT_GROUP)}
    return foreign | KINDS


def channel_kind(name: str) -> ChannelKind:
    """Raises UnknownKind."""
    try:
        dotted = paths()[name]
    except KeyError:
        raise UnknownKind(f"No channel kind is called {name!r}; there are {', '.join(sorted(paths()))}.") from None
    kind: ChannelKind = import_string(dotted)
    return kind


def kinds() -> list[ChannelKind]:
    return [channel_kind(name) for name in paths()]


def websocket_urlpatterns() -> list[URLPattern]:
    """`ws/<kind>/` for every kind that has a consumer."""
    return [_route(kind) for kind in kinds() if kind.consumer]


def webhook_urlpatterns() -> list[URLResolver]:
    """`hooks/<kind>/` for every kind whose provider calls us."""
    return [path(f"hooks/{kind.name}/", include(kind.webhooks)) for kind in kinds() if kind.webhooks]


def messenger_of(channel: Channel) -> Messenger:
    """Raises UnknownKind; LookupError when the channel's kind carries no messages."""
    made = channel_kind(channel.kind).messenger
    if not made:
        raise LookupError(f"A channel of the kind {channel.kind} carries no messages.")
    messenger: Messenger = import_string(made)(channel)
    return messenger


def provider_of(kind: str) -> str:
    """`Account.Provider` behind a kind; "" where there is none, and for kinds that nobody knows."""
    try:
        return channel_kind(kind).provider
    except UnknownKind:
        return ""


def scope_of(channel: Channel) -> str:
    """ "sms", "whatsapp", or "" for what carries no messages or cannot say (its account is damaged)."""
    try:
        return messenger_of(channel).abilities.scope
    except (LookupError, ParleyError):
        return ""


def setup_of(kind: str, account: Account) -> SetUp:
    """Raises UnknownKind; LookupError when there is nothing to set up at a carrier for this kind."""
    made = channel_kind(kind).setup
    if not made:
        raise LookupError(f"A channel of the kind {kind} is set up at no carrier.")
    set_up: SetUp = import_string(made)(account)
    return set_up


def setup_of_account(account: Account) -> SetUp:
    """Of the first kind that stands on this provider: what concerns the account alone is the same in all. LookupError."""
    for kind in kinds():
        if kind.setup and kind.provider == account.provider:
            return setup_of(kind.name, account)
    raise LookupError(f"No channel kind stands on {account.provider}.")


def checked_settings(kind: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """`Channel.settings` of this kind, from strangers. Raises ValidationError; UnknownKind."""
    check = channel_kind(kind).settings
    if not check:
        refuse_unknown(sent, ())
        return {}
    checked: dict[str, Any] = import_string(check)(sent)
    return checked


def dialer_of(channel: Channel) -> Dialer:
    """Raises UnknownKind; LookupError when the channel's kind places no calls."""
    made = channel_kind(channel.kind).dialer
    if not made:
        raise LookupError(f"A channel of the kind {channel.kind} places no calls.")
    dialer: Dialer = import_string(made)(channel)
    return dialer


def _route(kind: ChannelKind) -> URLPattern:
    consumer: Any = import_string(kind.consumer)
    where = f"ws/{kind.name}/{kind.socket_path}"
    route: URLPattern = path(where, consumer.as_asgi(), name=f"ws-{kind.name}")
    return route
