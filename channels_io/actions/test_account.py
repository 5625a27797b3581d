"""Ask the carrier whether it takes an account's secrets, and remember the answer."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io import registry
from channels_io.models import Account
from channels_io.setting_up import Found, SetUpFailed, found
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


def test_account(actor: Actor, account: Account) -> Found:
    """Good, or the exact reason why not; `Account.tested_at` and `.problem` keep it."""
    require(actor, Permission.MANAGE_CHANNELS)
    try:
        name = registry.setup_of_account(account).sign_in()
        result = Found(verdict="good", text=_("Signed in to “%(name)s”.") % {"name": name})
    except SetUpFailed as failed:
        result = found(failed)
    account.tested_at = timezone.now()
    account.problem = "" if result.verdict == "good" else " ".join(filter(None, (result.text, result.advice)))[:500]
    with transaction.atomic():
        account.save(update_fields=["tested_at", "problem", "updated_at"])
        audit(actor, "account.tested", account, good=result.verdict == "good")
    return result


test_account.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it where a test imports it
