"""Looks at every rule: told once when a figure leaves its bounds, and once when it is back."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.raise_alert import raise_alert
from channels_io.alerting.metrics import METRICS, measured
from channels_io.models import AlertRule
from channels_io.outgoing.events import emit

logger = logging.getLogger(__name__)
KIND = "threshold"


def watch_rules(now: datetime | None = None) -> int:
    """How many rules changed their state. Idempotent: asked again at once, nothing changes."""
    moment = now or timezone.now()
    rules = AlertRule.objects.filter(enabled=True, metric__in=METRICS).order_by("pk").values_list("pk", flat=True)
    return sum(_looked_at(rule, moment) for rule in rules)


def _looked_at(rule: int, now: datetime) -> bool:
    with transaction.atomic():
        # One process looks at it at a time; whoever finds it locked leaves it to the other.
        rows = AlertRule.objects.select_for_update(of=("self",), skip_locked=True).select_related("workspace", "agent")
        row = rows.filter(pk=rule, enabled=True).first()
        if row is None:
            return False
        value = measured(row.metric, row.workspace, now, row.minutes, row.agent)
        row.value, row.looked_at = value, now
        was = row.firing_since
        if value is not None:  # Of nothing nothing follows: it fires on, or stays quiet.
            fires = value < row.limit if row.below else value > row.limit
            row.firing_since = (was or now) if fires else None
        row.save(update_fields=["value", "looked_at", "firing_since", "updated_at"])
        if (was is None) == (row.firing_since is None):
            return False
        _tell(row, began=was is None, since=row.firing_since or was or now)
        return True


def words_of(rule: AlertRule, value: float | None) -> str:
    metric = METRICS[rule.metric]
    bound = _("below") if rule.below else _("above")
    shown = "–" if value is None else f"{value:,.10g}" if abs(value) < 1 else f"{value:,.0f}"
    return (
        f"{rule.name}: {metric.label} {shown} {metric.unit}".strip()
        + f" ({bound} {rule.limit:,g} {metric.unit})".rstrip()
    )


def _tell(rule: AlertRule, *, began: bool, since: datetime) -> None:
    words = words_of(rule, rule.value) if began else _("Over: %(rule)s") % {"rule": words_of(rule, rule.value)}
    key = f"rule:{rule.pk}:{since.isoformat()}"
    if began:
        raise_alert(rule.workspace, KIND, key, words, {"rule": rule.public_id})
    body = {"rule": rule.public_id, "name": rule.name, "metric": rule.metric, "value": rule.value, "limit": rule.limit}
    emit(rule.workspace, "alert.raised", None, {**body, "over": not began}, f"{key}:{'on' if began else 'off'}")
    emails, subject = list(rule.emails), words[:200]
    if emails:
        transaction.on_commit(lambda: _write(emails, subject, words))


def _write(emails: list[str], subject: str, words: str) -> None:
    text = f"{words}\n\n{settings.PARLEY_PUBLIC_URL}/analytics/\n"
    try:
        send_mail(f"[Parley] {subject}", text, None, emails)
    except OSError as error:  # It stands in the product all the same.
        logger.error("An alert could not be sent by e-mail: %s", type(error).__name__)
