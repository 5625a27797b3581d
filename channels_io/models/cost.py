"""What a conversation cost, by component, and what the components are reckoned at."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation


class PriceList(models.Model):
    """One per workspace. `prices` is checked and described in `channels_io.prices`; without a row its defaults hold."""

    workspace = models.OneToOneField("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    prices: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("prices"), default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("prices")
        verbose_name_plural = _("prices")

    def __str__(self) -> str:
        return f"prices of {self.workspace_id}"


class CostLine(models.Model):
    """`quantity` of `component` in its own unit, and `cost` in millionths of the workspace's currency.

    `service` and `model` are empty for what ran on machines of our own.
    """

    class Component(models.TextChoices):
        ASR = "asr", _("Speech recognition")
        LLM = "llm", _("Language model")
        TTS = "tts", _("Speech")
        CARRIER = "carrier", _("Carrier")
        GPU = "gpu", _("Computing time")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="cost_lines")
    component = models.CharField(max_length=10, choices=Component.choices)
    quantity = models.FloatField(default=0.0)
    unit = models.CharField(max_length=20)
    service = models.CharField(max_length=40, blank=True, default="", db_default="")
    """Public id of the service that did it."""
    service_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    """What it was called when the cost was reckoned."""
    model = models.CharField(max_length=200, blank=True, default="", db_default="")
    cost = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("cost")
        verbose_name_plural = _("costs")
        constraints = (
            models.UniqueConstraint(
                fields=("conversation", "component", "unit", "service", "model"), name="channels_io_cost_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.component} {self.cost}"
