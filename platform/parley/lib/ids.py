"""Public identifiers: `ag_` + 20 lower-case base32 characters (100 random bits)."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from django.db import models

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
LENGTH: Final = 20
PATTERN: Final = re.compile(rf"[a-z]{{2}}_[{ALPHABET}]{{{LENGTH}}}")


def new_id(prefix: str) -> str:
    """A fresh public id; it cannot be guessed and sorts by nothing."""
    return prefix + "_" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField  # not subscriptable at run time


class PublicIdField(_TextField):
    """Filled on the first save (bulk_create included) from the model's `id_prefix`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 32)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = getattr(model_instance, self.attname)
        if not value:
            prefix: str = getattr(model_instance, "id_prefix", "")
            if not prefix:
                raise TypeError(f"{type(model_instance).__name__} has a public id and names no id_prefix")
            value = new_id(prefix)
            setattr(model_instance, self.attname, value)
        return str(value)
