"""ClonedVoice: a person's voice by its sample, and that person's consent. Sample, consent and licence never change."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inference.cloning import PREFIX
from parley.accounts.models import WorkspaceModel


class ClonedVoice(WorkspaceModel):
    """`sample`: a WAV of 24 kHz, as workers are given it. Lists leave it in the database: `defer("sample")`."""

    id_prefix: ClassVar[str] = "vc"

    class Licence(models.TextChoices):
        CPML = "cpml", _("Not commercial, under the Coqui Public Model License")
        OWN = "own", _("Under a licence of our own for the model's weights")

    name = models.CharField(_("name"), max_length=60)
    speaker = models.CharField(_("whose voice it is"), max_length=120)
    language = models.CharField(_("language of the sample"), max_length=12)
    sample = models.BinaryField(_("sample"))
    digest = models.CharField(_("digest of the sample"), max_length=64)
    seconds = models.FloatField(_("seconds"))
    licence = models.CharField(_("used"), max_length=10, choices=Licence.choices)
    consent_version = models.PositiveSmallIntegerField(_("wording of the consent"))
    consent_words = models.TextField(_("consent"))
    """As it was ticked."""
    consent_at = models.DateTimeField(_("consent given"))
    consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("confirmed by")
    )

    class Meta:
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=("workspace", "name"), name="agents_voice_name_unique"),
            models.UniqueConstraint(fields=("workspace", "digest"), name="agents_voice_digest_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="agents_voice_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def voice(self) -> str:
        """As agents and workers name it: `inference.cloning.clone_name` of the sample."""
        return f"{PREFIX}{self.digest[:32]}"
