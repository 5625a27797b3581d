from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError


def show_refusal(form: forms.Form, error: ValidationError, places: Mapping[str, str] | None = None) -> None:
    """An action's reasons on the form: each at its field, or where `places` says; the rest above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, reasons in error.error_dict.items():
        field = (places or {}).get(name, name)
        for reason in reasons:
            form.add_error(field if field in form.fields else None, reason)
