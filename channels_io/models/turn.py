"""What one side said, as heard, and where the time of a reply went."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_io.models.conversation import Conversation
from channels_io.models.leg import Leg
from parley.accounts.models import User, WorkspaceModel


class Turn(WorkspaceModel):
    """One side's turn. `text` is what was heard, `full_text` what was written for it to say.

    `message_id` is the sender's own name for a typed message: sent twice, over whatever legs, it is one turn.

    `number` is the wire's: a reply has the number of the turn it answers, the greeting has 0.
    `over_budget`: the spoken answer came later than PARLEY_BUDGET_MS, as that was on the day, or after a filler.
    `text_seq`, `timing_seq` and `used_seq` are the entries that its words, its timing and `used` came from
    (`channels_io.entries`).
    """

    id_prefix: ClassVar[str] = "tn"

    class Role(models.TextChoices):
        CALLER = "caller", _("Caller")
        AGENT = "agent", _("Agent")
        HUMAN = "human", _("Person")

    class Source(models.TextChoices):
        VOICE = "voice", _("Spoken")
        TEXT = "text", _("Typed")
        DTMF = "dtmf", _("Keypad")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    leg = models.ForeignKey(Leg, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role.choices)
    text = models.TextField(blank=True)
    full_text = models.TextField(blank=True)
    sealed = models.TextField(blank=True, default="")
    """`text` and `full_text` as they were said, encrypted, where masking has changed them; empty: nothing is hidden."""
    by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    """The person behind a turn of role `human`."""
    cut = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.VOICE)
    message_id = models.CharField(max_length=64, blank=True, default="")
    started_ms = models.PositiveIntegerField(default=0)
    ended_ms = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=12, blank=True, default="", db_default="")
    """Which of the agent's languages the caller's words were read in, where the recogniser was asked; and how sure it was."""
    language_probability = models.FloatField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    v2v_ms = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reply_tokens = models.PositiveIntegerField(default=0)
    guesses_wasted = models.PositiveSmallIntegerField(default=0)
    filler = models.BooleanField(default=False)
    over_budget = models.BooleanField(default=False)
    used: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list, db_default=[], blank=True)
    """Which engines worked for it, and what they did: `inference.used.Use`, as JSON."""
    text_seq = models.BigIntegerField(default=0)
    timing_seq = models.BigIntegerField(default=0)
    used_seq = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = (
            models.UniqueConstraint(fields=("leg", "number", "role"), name="channels_io_turn_once"),
            models.UniqueConstraint(
                fields=("conversation", "message_id"), condition=~Q(message_id=""), name="channels_io_message_once"
            ),
        )
        indexes = (
            models.Index(fields=("workspace", "at"), name="channels_io_turn_at"),
            models.Index(fields=("workspace", "at"), condition=Q(over_budget=True), name="channels_io_turn_late"),
            GinIndex(SearchVector("text", config="simple"), name="channels_io_turn_words"),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


class TurnSpan(models.Model):
    """A named wait of a reply. The spans of a turn are contiguous, in `position` order."""

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="spans")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    start_ms = models.FloatField()
    ms = models.FloatField()

    class Meta:
        verbose_name = _("span")
        verbose_name_plural = _("spans")
        ordering = ("turn", "position")
        constraints = (models.UniqueConstraint(fields=("turn", "position"), name="channels_io_span_once"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.ms:.0f} ms"
