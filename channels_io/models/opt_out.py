"""Who does not want to be written to (STOP), or called."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OptOut(models.Model):
    """`scope`: what is not wanted. START deletes the row; the audit trail keeps both."""

    class Scope(models.TextChoices):
        SMS = "sms", _("SMS")
        WHATSAPP = "whatsapp", "WhatsApp"
        CALL = "call", _("Calls")

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(_("what"), max_length=12, choices=Scope.choices)
    address = models.CharField(_("address"), max_length=200)
    source = models.CharField(_("source"), max_length=60, blank=True)
    at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "scope", "address"), name="channels_io_opt_out_once"),
        )

    def __str__(self) -> str:
        return f"{self.scope} #{self.pk}"
