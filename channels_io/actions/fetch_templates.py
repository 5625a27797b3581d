"""Bring an account's message templates up to date with what its provider has."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io import registry
from channels_io.models import Account, Channel, MessageTemplate
from channels_io.setting_up import SetUpFailed
from inference.errors import ParleyError
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

COPIED = ("name", "category", "status", "body", "parts")


def fetch_templates(actor: Actor, account: Account) -> int:
    """How many there are now; what the provider no longer has is gone here too. Raises SetUpFailed, nothing changed."""
    require(actor, Permission.MANAGE_CHANNELS)
    channel = template_channel(account)
    if channel is None:
        raise SetUpFailed(
            _("No WhatsApp channel stands on this account yet."),
            code="not_found",
            advice=_("Set one up first; templates belong to WhatsApp senders."),
        )
    try:
        rows = registry.messenger_of(channel).templates()
    except ParleyError as error:
        raise SetUpFailed(error.message, code=error.code) from error
    now = timezone.now()
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        kept = []
        for row in rows:
            values = {name: getattr(row, name) for name in COPIED} | {"fetched_at": now, "workspace": account.workspace}
            stored, _made = MessageTemplate.objects.update_or_create(
                account=account, reference=row.reference, language=row.language, defaults=values
            )
            kept.append(stored.pk)
        MessageTemplate.objects.filter(account=account).exclude(pk__in=kept).delete()
        audit(actor, "templates.fetched", account, count=len(kept))
    return len(kept)


def template_channel(account: Account) -> Channel | None:
    """A channel of the account whose line knows templates."""
    rows = (
        Channel.objects.filter(account=account)
        .select_related("account__workspace", "workspace", "agent")
        .order_by("pk")
    )
    return next((row for row in rows if registry.scope_of(row) == "whatsapp"), None)
