"""A configured entrance: a web widget, a phone number, the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Version
from channels_io.models.account import Account
from parley.accounts.models import WorkspaceModel


class Channel(WorkspaceModel):
    """An entrance of `kind` that leads to `agent`.

    `version` empty means: whatever is published when a conversation starts. What `settings` may hold is
    the kind's business; the web widget's is described in `channels_io.widget_settings`.

    `account` and `address` only where a carrier stands behind it: "+353..." of a telephone number or Twilio sender, the
    phone number id of a WhatsApp sender at Meta. An address leads to one channel of a kind.
    """

    id_prefix: ClassVar[str] = "ch"

    kind = models.CharField(_("kind"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    agent = models.ForeignKey(Agent, on_delete=models.RESTRICT, related_name="channels", verbose_name=_("agent"))
    version = models.ForeignKey(
        Version, on_delete=models.RESTRICT, related_name="+", null=True, blank=True, verbose_name=_("version")
    )
    account = models.ForeignKey(
        Account, on_delete=models.RESTRICT, related_name="channels", null=True, blank=True, verbose_name=_("account")
    )
    address = models.CharField(_("address"), max_length=80, blank=True, default="")
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("settings"), default=dict, blank=True
    )
    keep_days = models.PositiveIntegerField(_("keep transcripts for (days)"), null=True, blank=True)
    keep_sound_days = models.PositiveIntegerField(_("keep recordings for (days)"), null=True, blank=True)
    """Empty: what the workspace's privacy rules say."""
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "name"), name="channels_io_channel_name_once"),
            models.UniqueConstraint(
                fields=("account", "kind", "address"),
                condition=~models.Q(address=""),
                name="channels_io_channel_address_once",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def running(self) -> Version | None:
        """The version a new conversation runs; None while nothing is published."""
        return self.version or self.agent.published
