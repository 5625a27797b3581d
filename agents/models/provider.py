"""Provider: a service with the OpenAI dialect that agents may use. Its key is kept encrypted and never shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inference.lending import PREFIX
from parley.accounts.models import WorkspaceModel


class Provider(WorkspaceModel):
    """`sealed` is bound to the workspace, this row and the address: to send the key elsewhere it must be known."""

    id_prefix: ClassVar[str] = "pv"

    class Binding(models.TextChoices):
        JSON_SCHEMA = "json_schema", _("JSON schema (OpenAI, Ollama, SGLang)")
        STRUCTURED = "structured_outputs", _("structured outputs (vLLM)")
        GRAMMAR = "grammar", _("grammar (llama.cpp server, Parley worker)")
        NONE = "none", _("not at all")

    name = models.CharField(_("name"), max_length=60)
    url = models.CharField(_("address"), max_length=500)
    sealed = models.TextField(editable=False, blank=True, default="")
    chat_model = models.CharField(_("language model"), max_length=200, blank=True, default="")
    transcriber_model = models.CharField(_("speech recognition"), max_length=200, blank=True, default="")
    speech_model = models.CharField(_("voice model"), max_length=200, blank=True, default="")
    voices: models.JSONField[list[str], list[str]] = models.JSONField(_("voices"), default=list, blank=True)
    rate = models.PositiveIntegerField(_("samples a second"), default=24_000)
    binding = models.CharField(
        _("answers are bound by"), max_length=20, choices=Binding.choices, default=Binding.JSON_SCHEMA
    )
    partial_ms = models.PositiveIntegerField(_("readings while the caller speaks"), default=0)
    first_ms = models.PositiveIntegerField(_("longest wait for the first word"), default=3_500)
    between_ms = models.PositiveIntegerField(_("longest wait between two words"), default=4_000)
    prices: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("prices"), default=dict, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("set by")
    )

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=("workspace", "name"), name="agents_provider_name_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="agents_provider_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def engine(self) -> str:
        """As agents name it."""
        return f"{PREFIX}{self.public_id}"

    @property
    def place(self) -> str:
        """What the sealed key is bound to."""
        return f"provider {self.workspace.public_id} {self.public_id} {self.url}"
