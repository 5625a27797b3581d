"""Tell the people of a workspace that something wants a look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from channels_io.models import Alert
from channels_io.sanitize import clean_json, clean_text
from parley.accounts.models import Workspace


def raise_alert(workspace: Workspace, kind: str, key: str, text: str, data: Mapping[str, Any] | None = None) -> Alert:
    """The alert. While one with this `key` is unseen it is counted up and brought up to date instead.

    `text` is for people and holds no secret and no whole telephone number.
    """
    words, facts = clean_text(text, 500), clean_json(data or {})
    again = Alert.objects.filter(workspace=workspace, key=key[:200], seen_at=None)

    def raised_again() -> bool:
        return bool(again.update(count=F("count") + 1, last_at=timezone.now(), text=words, data=facts))

    if not raised_again():
        try:
            with transaction.atomic():
                return Alert.objects.create(workspace=workspace, kind=kind[:40], key=key[:200], text=words, data=facts)
        except IntegrityError:  # another process raised it in this moment
            raised_again()
    return again.first() or Alert.objects.filter(workspace=workspace, key=key[:200]).latest("last_at")
