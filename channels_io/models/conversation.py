"""One thread with a contact, over any channels."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from channels_io.models.contact import Contact
from channels_io.models.tag import Tag
from parley.accounts.models import User, WorkspaceModel


class Outcome(models.TextChoices):
    """How a closed conversation went. Later parts may add words of their own."""

    COMPLETED = "completed", _("Completed")
    SILENT = "silent", _("Caller said nothing")
    FAILED = "failed", _("Failed")


class Conversation(WorkspaceModel):
    """`state` is the worker's resumable snapshot (`inference.events.ConversationState`) as JSON.

    `state_leg` and `state_seq` say which entry it came from, so that an older one never replaces it.
    `test`: somebody tries an agent in the builder; no list, count or figure holds it unless it asks for tests.
    """

    id_prefix: ClassVar[str] = "cv"

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Owner(models.TextChoices):
        AI = "ai", _("Agent")
        HUMAN = "human", _("Person")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="conversations")
    agent = models.ForeignKey(Agent, on_delete=models.RESTRICT, related_name="conversations")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    owner = models.CharField(_("owner"), max_length=10, choices=Owner.choices, default=Owner.AI)
    state: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("state"), default=dict, blank=True)
    state_leg = models.BigIntegerField(default=0)
    state_seq = models.BigIntegerField(default=0)
    owner_user = models.ForeignKey(
        User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("person")
    )
    """Who talks while `owner` is a person."""
    owner_number = models.PositiveIntegerField(default=0)
    """Grows with every change of owner: of two notes about it the one with the higher number is true."""
    owner_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("assigned to")
    )
    """Whose work it is in the inbox, whoever talks."""
    tags = models.ManyToManyField(Tag, related_name="conversations", blank=True, verbose_name=_("tags"))
    last_words = models.CharField(_("last words"), max_length=200, blank=True)
    last_role = models.CharField(max_length=10, blank=True)
    last_kind = models.CharField(max_length=40, blank=True)
    """Kind of the channel of its newest leg."""
    heard_at = models.DateTimeField(null=True, blank=True)
    """The contact's newest words."""
    read_at = models.DateTimeField(null=True, blank=True)
    """When somebody of the team last looked: newer words are unread."""
    waits_since = models.DateTimeField(_("waits since"), null=True, blank=True)
    """A person has to answer, and the contact has waited since then."""
    closed_at = models.DateTimeField(null=True, blank=True)
    words_gone_at = models.DateTimeField(null=True, blank=True)
    """Its words were kept long enough and removed then."""
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)
    test = models.BooleanField(_("test"), default=False)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_at = models.DateTimeField(_("last activity"), default=timezone.now)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = (
            models.Index(fields=("workspace", "-last_at", "-public_id"), name="channels_io_conversation_last"),
            models.Index(
                fields=("workspace", "agent", "-last_at", "-public_id"), name="channels_io_conversation_agent"
            ),
            models.Index(
                fields=("workspace", "-last_at"), condition=Q(status="open"), name="channels_io_conversation_open"
            ),
            models.Index(fields=("workspace", "started_at"), name="channels_io_conversation_start"),
            models.Index(
                fields=("workspace", "waits_since"),
                condition=Q(waits_since__isnull=False),
                name="channels_io_conversation_wait",
            ),
            models.Index(
                fields=("workspace", "assignee", "-last_at"),
                condition=Q(assignee__isnull=False),
                name="channels_io_conversation_mine",
            ),
            models.Index(
                fields=("workspace", "-last_at", "-public_id"),
                condition=Q(owner="human"),
                name="channels_io_conversation_human",
            ),
        )

    def __str__(self) -> str:
        return self.public_id

    @property
    def outcome_label(self) -> str:
        try:
            return str(Outcome(self.outcome).label)
        except ValueError:
            return self.outcome
