"""Draft: the one editable copy of an agent. Running never reads it; publishing compiles it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents.default_after_call import default_after_call
from agents.models.agent import Agent

CONTENT_FIELDS: tuple[str, ...] = (
    "persona",
    "instructions",
    "greeting",
    "record_audio",
    "consent",
    "language",
    "voice_engine",
    "voice_name",
    "voice_speed",
    "languages",
    "notices_language",
    "chat_model",
    "transcriber",
    "stand_in",
    "temperature",
    "max_tokens",
    "hints",
    "pronunciations",
    "flow",
    "after_call",
    "ask_person_after",
    "hand_over_line",
    "give_back_line",
)
"""What a draft says: copied into every version, compared in every diff."""

OLDER: dict[str, Any] = {
    "transcriber": "default",
    "stand_in": "",
    "languages": [],
    "notices_language": False,
    "flow": {},
    "after_call": default_after_call(),
    "ask_person_after": 0,
    "hand_over_line": "",
    "give_back_line": "",
}
"""What a version says that was published before there was such a field. For reading only."""

DEFAULT_CONSENT = "This call is recorded."


class Draft(models.Model):
    """`revision` grows by one with every save: it is the optimistic lock."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="draft", verbose_name=_("agent"))
    persona = models.TextField(_("persona"), blank=True)
    instructions = models.TextField(_("instructions"), blank=True)
    greeting = models.TextField(_("greeting"), blank=True)
    record_audio = models.BooleanField(_("record conversations"), default=False)
    consent = models.TextField(_("consent sentence"), blank=True, default=DEFAULT_CONSENT)
    language = models.CharField(_("language"), max_length=12, default="en")
    voice_engine = models.CharField(_("voice engine"), max_length=100, default="hibari")
    voice_name = models.CharField(_("voice"), max_length=100, default="heart")
    voice_speed = models.FloatField(_("speed"), default=1.0)
    languages = models.JSONField(_("other languages"), default=list, blank=True)
    """Rows of `language` and `voice` ("engine/name"; empty: the voice above)."""
    notices_language = models.BooleanField(_("notice the caller's language"), default=False)
    chat_model = models.CharField(_("language model"), max_length=100, default="default")
    transcriber = models.CharField(_("speech recognition"), max_length=100, default="default")
    stand_in = models.CharField(_("stands in when a service fails"), max_length=100, blank=True, default="")
    temperature = models.FloatField(_("temperature"), default=0.2)
    max_tokens = models.PositiveIntegerField(_("longest reply"), default=120)
    hints = models.JSONField(_("words to recognise"), default=list, blank=True)
    pronunciations = models.JSONField(_("pronunciation"), default=list, blank=True)
    flow: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("flow"), default=dict, blank=True)
    after_call: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("after the conversation"), default=default_after_call, blank=True
    )
    ask_person_after = models.PositiveSmallIntegerField(_("ask for a person after"), default=0)
    hand_over_line = models.CharField(_("said when a person takes over"), max_length=300, blank=True, default="")
    give_back_line = models.CharField(_("said when the agent goes on"), max_length=300, blank=True, default="")
    revision = models.PositiveIntegerField(_("revision"), default=1)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.CheckConstraint(condition=Q(revision__gte=1), name="agents_draft_revision_positive")]

    def __str__(self) -> str:
        return f"{self.agent} (draft {self.revision})"

    def content(self) -> dict[str, Any]:
        """The draft's values by field name, fit for JSON."""
        return {name: getattr(self, name) for name in CONTENT_FIELDS}

    def differs_from(self, snapshot: dict[str, Any]) -> list[str]:
        """Names of the fields whose value is another one in `snapshot`, in form order."""
        return [name for name, value in self.content().items() if snapshot.get(name, OLDER.get(name)) != value]
