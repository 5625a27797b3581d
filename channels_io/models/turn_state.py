"""Where a test conversation stood after each turn: what "try again from here" goes back to."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.leg import Leg


class TurnState(models.Model):
    """`state` is the worker's snapshot after turn `number` of the leg; the newest one, by `seq`, stays.

    Only test conversations have them: `Conversation.state` is enough for all others.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    leg = models.ForeignKey(Leg, on_delete=models.CASCADE, related_name="turn_states")
    number = models.PositiveIntegerField()
    seq = models.BigIntegerField(default=0)
    state: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("state after a turn")
        verbose_name_plural = _("states after turns")
        constraints = (models.UniqueConstraint(fields=("leg", "number"), name="channels_io_turn_state_once"),)

    def __str__(self) -> str:
        return f"{self.leg} {self.number}"
