"""Enter a channel's webhooks at its carrier, over the carrier's API."""

from __future__ import annotations

from channels_io import registry
from channels_io.models import Channel
from channels_io.public_url import public_problem
from channels_io.setting_up import SetUpFailed
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def connect_channel(actor: Actor, channel: Channel) -> str:
    """A sentence that says what was set. Raises SetUpFailed; nothing is set where the carrier could not reach us."""
    require(actor, Permission.MANAGE_CHANNELS)
    if channel.account is None:
        raise LookupError("A channel without an account has no carrier.")
    problem = None if channel.account.simulated else public_problem()
    if problem is not None:
        raise SetUpFailed(problem.text, code="refused", advice=problem.advice)
    done = registry.setup_of(channel.kind, channel.account).configure(channel)
    audit(actor, "channel.connected", channel, name=channel.name, kind=channel.kind)
    return done
