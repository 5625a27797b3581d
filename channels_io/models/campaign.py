"""A list of people to be called or written to, at times that suit them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models import Version
from channels_io.models.channel import Channel
from channels_io.models.contact import Contact
from channels_io.models.conversation import Conversation
from parley.accounts.models import WorkspaceModel


class Campaign(WorkspaceModel):
    """`plan` is checked and described in `channels_io.campaigns.plan`: windows, retries, concurrency, breaker, message."""

    id_prefix: ClassVar[str] = "cp"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    name = models.CharField(_("name"), max_length=120)
    channel = models.ForeignKey(Channel, on_delete=models.RESTRICT, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    plan: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("plan"), default=dict)
    reason = models.CharField(_("why it stands"), max_length=200, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    """The workspace's limits hold it up until then; `reason` is which."""
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    """Since when it runs without a break: its circuit breaker looks no further back."""
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("workspace", "name"), name="channels_io_campaign_name_once"),)
        indexes = (
            models.Index(fields=("state",), condition=models.Q(state="running"), name="channels_io_campaign_running"),
        )

    def __str__(self) -> str:
        return self.name


class CampaignList(models.Model):
    """A file as it was uploaded, until its lines are entries. `mapping` null: nobody has said yet what its columns are."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="list")
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    content = models.BinaryField()
    mapping: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")

    def __str__(self) -> str:
        return self.file_name


class CampaignEntry(models.Model):
    """One line of the list. `outcome` is the last attempt's; `due_at` null = not to be tried (again).

    `key` is that of the last call or message: "campaign:<id>:<line>:<serial>". `attempts` counts those that were let out.
    A line that was left out keeps what stood in it in `address` and says why in `reason`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Reached")
        FAILED = "failed", _("Not reached")
        SKIPPED = "skipped", _("Left out")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="entries")
    line = models.PositiveIntegerField(_("line"))
    address = models.CharField(_("number"), max_length=40)
    name = models.CharField(_("name"), max_length=200, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    variables: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    serial = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    """How many of the serials a guard did not let out."""
    key = models.CharField(max_length=200, blank=True, default="")
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    """When the last attempt had its result."""
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("campaign entry")
        verbose_name_plural = _("campaign entries")
        ordering = ("line",)
        constraints = (
            models.UniqueConstraint(fields=("campaign", "line"), name="channels_io_campaign_line_once"),
            models.UniqueConstraint(
                fields=("campaign", "address"),
                condition=~models.Q(state="skipped"),
                name="channels_io_campaign_address_once",
            ),
        )
        indexes = (
            models.Index(fields=("campaign", "state", "due_at"), name="channels_io_campaign_entry_due"),
            models.Index(
                fields=("campaign", "-finished_at"),
                condition=models.Q(finished_at__isnull=False),
                name="channels_io_campaign_results",
            ),
            models.Index(fields=("key",), condition=~models.Q(key=""), name="channels_io_campaign_entry_key"),
        )

    def __str__(self) -> str:
        return f"line {self.line}"
