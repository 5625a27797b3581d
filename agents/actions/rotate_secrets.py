from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from agents.models import Provider, Secret
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.lib.sealing import Sealer, Unsealable, sealer


@dataclass(slots=True)
class Rotated:
    moved: int = 0
    current: int = 0
    """They were under the first key already."""
    unreadable: int = 0
    """Under a key that is not configured any more: they have to be entered again."""


def rotate_secrets() -> Rotated:
    """Put every secret of every workspace under the first of the sealing keys. May be run again at any time."""
    keys = sealer()
    counts = Rotated()
    for pk in Secret.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            secret = Secret.objects.select_for_update().select_related("workspace").filter(pk=pk).first()
            if secret is not None:
                _rotate(secret, keys, counts)
    for pk in Provider.objects.exclude(sealed="").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            provider = Provider.objects.select_for_update().select_related("workspace").filter(pk=pk).first()
            if provider is not None:
                _rotate(provider, keys, counts)
    return counts


def _rotate(secret: Secret | Provider, keys: Sealer, counts: Rotated) -> None:
    if keys.is_current(secret.sealed):
        counts.current += 1
        return
    try:
        secret.sealed = keys.reseal(secret.sealed, secret.place)
    except Unsealable:
        counts.unreadable += 1
        return
    secret.save(update_fields=["sealed", "updated_at"])
    verb = "secret.rotated" if isinstance(secret, Secret) else "provider.rotated"
    audit(system_actor(secret.workspace), verb, secret, name=secret.name)
    counts.moved += 1
