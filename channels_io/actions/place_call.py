"""Call somebody: asked of the guards, committed as a row, then dialed by a task."""

from __future__ import annotations

from functools import partial

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_io.actions.work_on_calls import WORK
from channels_io.guards.ask import ask
from channels_io.messaging.wake import wake
from channels_io.models import CampaignEntry, Channel, Contact, PhoneCall, Spending
from channels_io.telephony import CallPlan


def place_call(
    channel: Channel,
    to: str,
    *,
    key: str,
    plan: CallPlan,
    contact: Contact | None = None,
    entry: CampaignEntry | None = None,
) -> PhoneCall:
    """The call; the same `key` again is the same call, and is not dialed twice. `to` is E.164.

    Raises NotAllowed when the guards refuse it: then there is no call. Nothing is dialed before the row is committed.
    """
    known = PhoneCall.objects.filter(workspace=channel.workspace, key=key).first()
    if known is not None:
        return known
    ask(
        channel.workspace,
        Spending.What.CALL,
        to,
        key=key,
        channel=channel,
        agent=channel.agent,
        seconds=plan.limit_seconds,
    )
    call = PhoneCall(
        workspace=channel.workspace,
        channel=channel,
        contact=contact,
        direction=PhoneCall.Direction.OUTBOUND,
        key=key,
        remote=to[:200],
        plan={**msgspec.to_builtins(plan), **({} if entry is None else {"entry": entry.pk})},
        due_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            call.save()
            transaction.on_commit(partial(wake, WORK))
    except IntegrityError:  # Asked twice in the same moment.
        return PhoneCall.objects.get(workspace=channel.workspace, key=key)
    return call
