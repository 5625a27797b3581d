"""An account at a carrier: whose numbers and senders channels use, and the secrets to speak for it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import WorkspaceModel


class Account(WorkspaceModel):
    """`number` is the carrier's own id: a Twilio account SID, or a WhatsApp Business Account id.

    `sealed` holds JSON of all its secrets, bound to this row (`place`). `problem` is the last test's, empty after a good one.
    """

    id_prefix: ClassVar[str] = "pa"

    class Provider(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        META = "meta", "Meta"

    provider = models.CharField(_("provider"), max_length=20, choices=Provider.choices)
    name = models.CharField(_("name"), max_length=120)
    number = models.CharField(_("account id"), max_length=80)
    simulated = models.BooleanField(_("simulated"), default=False)
    """It speaks to the simulator of this machine (settings.PARLEY_SIMULATOR_URL) and reaches nobody."""
    sealed = models.TextField(editable=False, blank=True)
    secrets_set: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True, editable=False, help_text="When each secret was set, by its name (ISO 8601)."
    )
    tested_at = models.DateTimeField(_("tested"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    caught_up_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when the provider's own list was compared with ours."
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "name"), name="channels_io_account_name_once"),
            models.UniqueConstraint(fields=("workspace", "provider", "number"), name="channels_io_account_once"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """What the sealed text is bound to."""
        return f"account {self.workspace.public_id} {self.public_id}"
