from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from agents.errors import ToolRefused
from agents.models import Provider
from agents.service_prices import ServicePrices, as_json
from inference.events import RATES
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require
from parley.lib.egress import EgressRefused, Target, allowed_of, check_target, parse_target
from parley.lib.sealing import sealer

MAX_KEY: Final = 4_000
MAX_VOICES: Final = 40
MOST_PROVIDERS: Final = 50
FIRST_MS: Final = (200, 15_000)
PARTIAL_MS: Final = 10_000
_UNSENDABLE: Final = re.compile(r"[^\x21-\x7e]")
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderForm:
    """What somebody wants a service to be. `key`: empty leaves the one that is kept; `no_key` takes it away."""

    name: str
    url: str
    key: str = ""
    no_key: bool = False
    chat_model: str = ""
    transcriber_model: str = ""
    speech_model: str = ""
    voices: tuple[str, ...] = ()
    rate: int = 24_000
    binding: str = "json_schema"
    partial_ms: int = 0
    first_ms: int = 3_500
    between_ms: int = 4_000
    prices: ServicePrices = ServicePrices()

    def __repr__(self) -> str:
        return f"ProviderForm({self.name!r})"


@sensitive_variables("wanted")
def save_provider(actor: Actor, provider: Provider | None, wanted: ProviderForm) -> Provider:
    """Make a service, or change one: the next conversation uses what is saved now.

    Another address needs the key again, so nobody can have a key sent to themselves who does not know it.
    Raises ToolRefused.
    """
    require(actor, Permission.EDIT_AGENT)
    url = wanted.url.strip().rstrip("/")
    moved = provider is not None and provider.url != url
    findings = list(_findings(wanted, url))
    if moved and provider is not None and provider.sealed and not wanted.key.strip() and not wanted.no_key:
        findings.append(("key", "key_again", _("The address is another one: enter the key again.")))
    if findings:
        raise ToolRefused(findings)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
        others = Provider.objects.of(actor.workspace)
        if provider is not None:
            others = others.exclude(pk=provider.pk)
        name = " ".join(wanted.name.split())
        if others.filter(name=name).exists():
            raise ToolRefused([("name", "name_taken", _("There is a service by this name already."))])
        if provider is None and others.count() >= MOST_PROVIDERS:
            message = _("A workspace has at most %(limit)d services.") % {"limit": MOST_PROVIDERS}
            raise ToolRefused([("", "too_many", message)])
        made = provider is None
        provider = provider or Provider(workspace=actor.workspace)
        provider.name, provider.url = name, url
        provider.chat_model = wanted.chat_model.strip()
        provider.transcriber_model = wanted.transcriber_model.strip()
        provider.speech_model = wanted.speech_model.strip()
        provider.voices = list(dict.fromkeys(voice.strip() for voice in wanted.voices if voice.strip()))
        provider.rate, provider.binding = wanted.rate, wanted.binding
        provider.partial_ms, provider.first_ms = wanted.partial_ms, wanted.first_ms
        provider.between_ms = wanted.between_ms
        repriced = provider.prices != as_json(wanted.prices)
        provider.prices = as_json(wanted.prices)
        provider.set_by = actor.user
        provider.save()  # before sealing: the key is bound to the row's public id, which it gets here
        key = wanted.key.strip()
        if wanted.no_key or key:
            provider.sealed = sealer().seal(key, provider.place) if not wanted.no_key else ""
            provider.save(update_fields=["sealed", "updated_at"])
        verb = "provider.created" if made else "provider.changed"
        audit(actor, verb, provider, name=name, host=parse_target(url).host, key=bool(key), prices=repriced)
    return provider


def key_of(provider: Provider) -> str:
    """The key, "" when it has none. Nothing shows or logs what comes back. Raises Unsealable."""
    return sealer().unseal(provider.sealed, provider.place) if provider.sealed else ""


def _findings(wanted: ProviderForm, url: str) -> Iterator[tuple[str, str, str]]:
    if not wanted.name.strip() or len(wanted.name) > 60 or _UNREADABLE.search(wanted.name):
        yield "name", "required", _("Give it a name of at most 60 characters.")
    target: Target | None = None
    try:
        target = parse_target(url)
        check_target(target, allowed_of(settings.PARLEY_EGRESS_ALLOW))
    except EgressRefused as error:
        yield "url", error.code, error.message
    if target is not None and "?" in target.path:
        yield "url", "url_malformed", _("The address ends with the version, such as /v1, and has no question mark.")
    key = wanted.key.strip()
    if len(key) > MAX_KEY or _UNSENDABLE.search(key):
        yield "key", "key_refused", _("A key is one word of at most %(limit)d characters.") % {"limit": MAX_KEY}
    elif (
        key
        and target is not None
        and target.scheme != "https"
        and not allowed_of(settings.PARLEY_EGRESS_ALLOW).opens(target)
    ):
        yield "key", "secret_in_the_open", _("A key is sent over https only. Write https:// in the address.")
    names = (wanted.chat_model, wanted.transcriber_model, wanted.speech_model)
    if not any(name.strip() for name in names):
        yield "chat_model", "required", _("Name at least one model of the service.")
    if any(len(name) > 200 or _UNREADABLE.search(name) for name in names):
        yield "chat_model", "too_long", _("A model's name has at most 200 characters.")
    if wanted.speech_model.strip() and not any(voice.strip() for voice in wanted.voices):
        yield "voices", "required", _("Name the voices that agents may choose.")
    if len(wanted.voices) > MAX_VOICES or any(len(voice) > 60 or _UNREADABLE.search(voice) for voice in wanted.voices):
        yield (
            "voices",
            "too_many",
            _("At most %(limit)d voices, each of at most 60 characters.") % {"limit": MAX_VOICES},
        )
    if wanted.rate not in RATES:
        yield "rate", "unknown_choice", _("Choose the rate from the list.")
    if wanted.binding not in Provider.Binding.values:
        yield "binding", "unknown_choice", _("Choose from the list.")
    for field, value in (("first_ms", wanted.first_ms), ("between_ms", wanted.between_ms)):
        if not FIRST_MS[0] <= value <= FIRST_MS[1]:
            yield (
                field,
                "out_of_range",
                _("Between %(low)d and %(high)d milliseconds.")
                % {
                    "low": FIRST_MS[0],
                    "high": FIRST_MS[1],
                },
            )
    if not 0 <= wanted.partial_ms <= PARTIAL_MS:
        yield "partial_ms", "out_of_range", _("Between 0 and %(high)d milliseconds.") % {"high": PARTIAL_MS}
