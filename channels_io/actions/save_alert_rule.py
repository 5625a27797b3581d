"""Watch a figure, and stop watching it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from agents.models import Agent
from channels_io.alerting.metrics import METRICS
from channels_io.models import AlertRule
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

MOST_RULES = 50
MOST_EMAILS = 10
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWishes:
    name: str
    metric: str
    limit: float
    minutes: int = 15
    below: bool = False
    agent: Agent | None = None
    emails: Sequence[str] = field(default=())
    enabled: bool = True


def save_alert_rule(actor: Actor, rule: AlertRule | None, wishes: RuleWishes) -> AlertRule:
    """A new one, or `rule` changed: it then begins anew. Raises PermissionDenied, ValidationError."""
    require(actor, Permission.MANAGE_WORKSPACE)
    name = clean_text(wishes.name, 80).strip()
    if not name:
        raise ValidationError(_("Give the rule a name."), code="name_missing")
    if wishes.metric not in METRICS:
        raise ValidationError(_("There is no such figure."), code="metric_unknown")
    if not 1 <= wishes.minutes <= LONGEST_MINUTES:
        raise ValidationError(_("Look at 1 to %(most)s minutes."), code="minutes", params={"most": LONGEST_MINUTES})
    if len(wishes.emails) > MOST_EMAILS:
        raise ValidationError(_("At most %(most)s addresses."), code="emails_many", params={"most": MOST_EMAILS})
    for email in wishes.emails:
        validate_email(email)
    if wishes.agent is not None and wishes.agent.workspace_id != actor.workspace.pk:
        raise ValidationError(_("There is no such agent."), code="agent_unknown")
    with transaction.atomic():
        if rule is None and AlertRule.objects.of(actor.workspace).count() >= MOST_RULES:
            raise ValidationError(
                _("A workspace has at most %(most)s rules."), code="rules_many", params={"most": MOST_RULES}
            )
        row = (
            AlertRule(workspace=actor.workspace)
            if rule is None
            else AlertRule.objects.select_for_update().get(pk=rule.pk)
        )
        row.name, row.metric, row.limit, row.below = name, wishes.metric, wishes.limit, wishes.below
        row.minutes, row.agent, row.emails, row.enabled = (
            wishes.minutes,
            wishes.agent,
            list(wishes.emails),
            wishes.enabled,
        )
        row.firing_since = row.value = row.looked_at = None
        row.save()
        audit(actor, "alert_rule.saved", row, metric=row.metric, limit=row.limit, emails=len(row.emails))
    return row


def delete_alert_rule(actor: Actor, rule: AlertRule) -> None:
    """Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    with transaction.atomic():
        audit(actor, "alert_rule.deleted", rule, metric=rule.metric)
        rule.delete()
