from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.accounts.models.base import WorkspaceModel
from parley.accounts.models.user import User
from parley.accounts.roles import scope_choices
from parley.lib.ids import ALPHABET
from parley.lib.secrets import digest, same

PREFIX_LENGTH = 8


class ApiKey(WorkspaceModel):
    """A key of one workspace. Only its SHA-256 is kept: the secret is shown once and cannot be read again."""

    id_prefix: ClassVar[str] = "ak"

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=scope_choices), default=list, verbose_name=_("scopes"))
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False, verbose_name=_("made by")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        indexes = [models.Index(fields=["workspace", "-created_at"], name="api_key_of_workspace")]

    def __str__(self) -> str:
        return f"{self.name} (pk_{self.prefix}_…)"

    @classmethod
    def issue(cls, **fields: Any) -> tuple[ApiKey, str]:
        """A saved key and its secret, `pk_<prefix>_<secret>`: the only time the secret exists outside its owner."""
        prefix = "".join(secrets.choice(ALPHABET) for _ in range(PREFIX_LENGTH))
        secret = f"pk_{prefix}_{secrets.token_urlsafe(32)}"
        key = cls(prefix=prefix, digest=digest(secret), **fields)
        key.save(force_insert=True)
        return key, secret

    @classmethod
    def find(cls, secret: str, now: datetime | None = None) -> ApiKey | None:
        """The live key this secret opens, or None. Compares in constant time once the prefix is found."""
        head, _first, rest = secret.partition("_")
        prefix, _second, random = rest.partition("_")
        if head != "pk" or not prefix or not random or "\0" in prefix or not secret.isascii():
            return None
        key: ApiKey | None = cls.objects.filter(prefix=prefix).select_related("workspace").first()
        if key is None or not same(key.digest, digest(secret)) or not key.is_live(now):
            return None
        return key

    def is_live(self, now: datetime | None = None) -> bool:
        now = now or timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
