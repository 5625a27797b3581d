"""The inbox: what a provider told us, committed under its own id before it is acknowledged."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.account import Account
from channels_io.models.channel import Channel
from channels_io.models.thread import Thread


class InboundEvent(models.Model):
    """`pk` is the order of arrival. `body` is what the kind's codec made of the provider's words (plain JSON).

    `key` is unique in an account: the provider's message id, or "<id>:<status>" for a status.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        STATUS = "status", _("Delivery status")
        CALL = "call", _("Call")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Given up")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, null=True, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    key = models.CharField(_("provider's id"), max_length=250)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("body"), default=dict)
    provider_at = models.DateTimeField(_("provider's time"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    thought = models.CharField(max_length=40, blank=True, default="")
    """Of messages: those that are answered together. Set before the first try, so that a second one answers the same."""

    class Meta:
        verbose_name = _("incoming event")
        verbose_name_plural = _("incoming events")
        constraints = (models.UniqueConstraint(fields=("account", "kind", "key"), name="channels_io_inbound_once"),)
        indexes = (
            models.Index(
                fields=("thread", "id"), condition=models.Q(state="waiting"), name="channels_io_inbound_waiting"
            ),
            models.Index(fields=("due_at",), condition=models.Q(state="waiting"), name="channels_io_inbound_due"),
            models.Index(fields=("workspace", "state", "-id"), name="channels_io_inbound_list"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
