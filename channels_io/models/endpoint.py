"""Addresses of the workspace's own systems that are told what happened, and what they were told."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from parley.accounts.models import WorkspaceModel


class Endpoint(WorkspaceModel):
    """`secret` is sealed; every request is signed with it. `events` are names such as "conversation.analysed"; empty: all."""

    id_prefix: ClassVar[str] = "ep"

    name = models.CharField(_("name"), max_length=60)
    url = models.URLField(_("address"), max_length=500)
    secret = models.TextField()
    events: models.JSONField[list[str], list[str]] = models.JSONField(_("events"), default=list, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Delivery(WorkspaceModel):
    """One event to one endpoint. `key` is unique there: the same event is delivered once, unless somebody asks again."""

    id_prefix: ClassVar[str] = "dl"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Delivered")
        DEAD = "dead", _("Given up")

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    event = models.CharField(_("event"), max_length=60)
    key = models.CharField(max_length=200)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (models.UniqueConstraint(fields=("endpoint", "key"), name="channels_io_delivery_once"),)
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(due_at__isnull=False), name="channels_io_delivery_due"),
            models.Index(fields=("endpoint", "-at"), name="channels_io_delivery_log"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.state}"
