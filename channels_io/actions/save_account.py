"""Make, change or delete a carrier account. Its secrets go in and never come out."""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from channels_io.account_secrets import SECRETS, secrets_of, set_secrets
from channels_io.models import Account
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require
from parley.lib.ids import new_id
from parley.lib.sealing import Unsealable

MAX_NAME: Final = 120
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    Account.Provider.TWILIO: ("auth_token",),
    Account.Provider.META: ("access_token", "app_secret"),
}
GENERATED: Final = "verify_token"
"""Ours: Meta sends it back when it asks for the handshake."""
FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "auth_token": re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII),
    "api_key": re.compile(r"SK[0-9a-fA-F]{32}", re.ASCII),
    "api_secret": re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII),
    "access_token": re.compile(r"[\x21-\x7e]{20,1000}", re.ASCII),
    "app_secret": re.compile(r"[0-9a-fA-F]{32}", re.ASCII),
}
_NUMBERS: Final[Mapping[str, re.Pattern[str]]] = {
    Account.Provider.TWILIO: re.compile(r"AC[0-9a-f]{32}", re.ASCII),
    Account.Provider.META: re.compile(r"[0-9]{5,30}", re.ASCII),
}


@sensitive_variables("secrets")
def create_account(
    actor: Actor, *, provider: str, name: str, number: str = "", secrets: Mapping[str, str], simulated: bool = False
) -> Account:
    """A simulated one invents its id and its secrets. ValidationError by field (code "required", "..._invalid", "..._taken")."""
    require(actor, Permission.MANAGE_CHANNELS)
    if provider not in Account.Provider.values:
        raise _wrong("provider", _("There is no such provider."), "provider_unknown")
    if simulated:
        number, secrets = _invented(provider)
    number = number.strip()
    account = Account(workspace=actor.workspace, provider=provider, number=number, simulated=simulated)
    account.public_id = new_id(Account.id_prefix)
    problems = _name_problems(name) | _number_problems(provider, number) | _secret_problems(provider, secrets, have=())
    if problems:
        raise ValidationError(problems)
    if provider == Account.Provider.META:
        secrets = {GENERATED: random.token_urlsafe(24), **secrets}
    set_secrets(account, {key: value.strip() for key, value in secrets.items()})
    return _save(actor, account, name, "account.created")


@sensitive_variables("secrets")
def edit_account(actor: Actor, account: Account, *, name: str, secrets: Mapping[str, str]) -> Account:
    """Secrets that are not named stay; an empty one that is not required is taken out. ValidationError by field."""
    require(actor, Permission.MANAGE_CHANNELS)
    problems = _name_problems(name) | _secret_problems(account.provider, secrets, have=_readable(account))
    if problems:
        raise ValidationError(problems)
    if secrets:
        new = {key: value.strip() for key, value in secrets.items()}
        if account.provider == Account.Provider.META and GENERATED not in _readable(account):
            new[GENERATED] = random.token_urlsafe(24)
        set_secrets(account, new)
        account.tested_at, account.problem = None, ""
    return _save(actor, account, name, "account.edited", secrets=sorted(secrets))


def delete_account(actor: Actor, account: Account) -> None:
    """ValidationError (code "account_used") while channels stand on it."""
    require(actor, Permission.MANAGE_CHANNELS)
    used = list(account.channels.values_list("name", flat=True)[:5])
    if used:
        message = _("%(channels)s uses this account. Delete the channel first.") % {"channels": ", ".join(used)}
        raise ValidationError(message, code="account_used")
    with transaction.atomic():
        audit(actor, "account.deleted", account, name=account.name, provider=account.provider)
        account.delete()


def _save(actor: Actor, account: Account, name: str, verb: str, **data: object) -> Account:
    account.name = clean_text(name, MAX_NAME).strip()
    same = Account.objects.of(actor.workspace).filter(provider=account.provider, number=account.number)
    if same.exclude(pk=account.pk).exists():
        raise _wrong("number", _("This account is there already."), "account_taken")
    try:
        with transaction.atomic():
            account.save()
            audit(
                actor, verb, account, name=account.name, provider=account.provider, simulated=account.simulated, **data
            )
    except IntegrityError as error:
        raise _wrong("name", _("Another account has this name."), "name_taken") from error
    return account


def _readable(account: Account) -> tuple[str, ...]:
    """Names of the secrets that are set. None where they cannot be read any more: all must be entered again."""
    try:
        return tuple(secrets_of(account))
    except Unsealable:
        return ()


def _name_problems(name: str) -> dict[str, ValidationError]:
    if not clean_text(name, MAX_NAME).strip():
        return {"name": ValidationError(_("Give the account a name."), code="required")}
    return {}


def _number_problems(provider: str, number: str) -> dict[str, ValidationError]:
    if _NUMBERS[provider].fullmatch(number):
        return {}
    message = (
        _("An account SID is AC and 32 digits and small letters; it stands on the front page of the Twilio console.")
        if provider == Account.Provider.TWILIO
        else _("A WhatsApp Business Account id is a long number; it stands in WhatsApp Manager and in API Setup.")
    )
    return {"number": ValidationError(message, code="number_invalid")}


@sensitive_variables("secrets", "text")
def _secret_problems(provider: str, secrets: Mapping[str, str], have: tuple[str, ...]) -> dict[str, ValidationError]:
    """`have`: what is set already and need not be given again."""
    problems: dict[str, ValidationError] = {}
    for name, text in secrets.items():
        if name not in FORMS or name not in SECRETS[provider]:
            problems[name] = ValidationError(_("There is no such secret."), code="secret_unknown")
        elif text.strip() and not FORMS[name].fullmatch(text.strip()):
            problems[name] = ValidationError(_malformed(name), code="secret_invalid")
    for name in REQUIRED[provider]:
        missing = not secrets[name].strip() if name in secrets else name not in have
        if missing and name not in problems:
            problems[name] = ValidationError(_("Paste it here."), code="required")
    together = [bool(secrets[name].strip()) if name in secrets else name in have for name in ("api_key", "api_secret")]
    if provider == Account.Provider.TWILIO and any(together) and not all(together):
        missing_one = "api_secret" if together[0] else "api_key"
        problems.setdefault(missing_one, ValidationError(_("A key and its secret belong together."), code="required"))
    return problems


def _malformed(name: str) -> str:
    return {
        "auth_token": _("An auth token is 32 digits and letters."),
        "api_key": _("An API key's SID is SK and 32 digits and letters."),
        "api_secret": _("An API key's secret is 32 digits and letters."),
        "access_token": _("An access token is one long word without spaces."),
        "app_secret": _("An app secret is 32 digits and letters from a to f."),
    }[name]


def _invented(provider: str) -> tuple[str, dict[str, str]]:
    if provider == Account.Provider.TWILIO:
        return "AC" + random.token_hex(16), {"auth_token": random.token_hex(16)}
    number = str(random.randbelow(9 * 10**14) + 10**14)
    return number, {"access_token": random.token_urlsafe(40), "app_secret": random.token_hex(16)}


def _wrong(field: str, message: str, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})
