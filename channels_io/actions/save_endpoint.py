"""Make, change, test or delete an address that is told what happens. Its secret is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from channels_io.models import Endpoint
from channels_io.outgoing.events import EVENTS, TEST, deliver_to, payload
from channels_io.outgoing.secrets import give_secret
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require
from parley.lib.egress import EgressRefused
from parley.lib.ids import new_id
from parley.lib.outbound import OutboundFailed, outbound_client

MOST: Final = 20
MAX_NAME: Final = 60
MAX_URL: Final = 500


@sensitive_variables("secret")
def create_endpoint(actor: Actor, *, name: str, url: str, events: Sequence[str] = ()) -> tuple[Endpoint, str]:
    """The endpoint and its secret, which nobody can show again. ValidationError by field. Nothing is sent to it."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    name, url, events = _checked(name, url, events)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
        if Endpoint.objects.of(actor.workspace).count() >= MOST:
            raise ValidationError({"name": ValidationError(_("There are 20 endpoints already."), code="too_many")})
        endpoint = Endpoint(workspace=actor.workspace, name=name, url=url, events=list(events))
        endpoint.public_id = new_id(Endpoint.id_prefix)
        secret = give_secret(endpoint)
        endpoint.save()
        audit(actor, "endpoint.created", endpoint, name=name, events=list(events))
    return endpoint, secret


def edit_endpoint(
    actor: Actor, endpoint: Endpoint, *, name: str, url: str, events: Sequence[str], enabled: bool
) -> Endpoint:
    """ValidationError by field."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    name, url, events = _checked(name, url, events)
    with transaction.atomic():
        row = Endpoint.objects.of(actor.workspace).select_for_update().get(pk=endpoint.pk)
        changed = [
            field
            for field, value in (("name", name), ("url", url), ("events", list(events)), ("enabled", enabled))
            if getattr(row, field) != value
        ]
        row.name, row.url, row.events, row.enabled = name, url, list(events), enabled
        row.save()
        audit(actor, "endpoint.edited", row, changed=changed)
    return row


@sensitive_variables("secret")
@transaction.atomic
def renew_endpoint_secret(actor: Actor, endpoint: Endpoint) -> str:
    """The new secret; the old one signs nothing more."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    rows = Endpoint.objects.of(actor.workspace).select_related("workspace")
    row = rows.select_for_update(of=("self",)).get(pk=endpoint.pk)
    secret = give_secret(row)
    row.save(update_fields=["secret", "updated_at"])
    audit(actor, "endpoint.secret_renewed", row, name=row.name)
    return secret


@transaction.atomic
def delete_endpoint(actor: Actor, endpoint: Endpoint) -> None:
    """With its log."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    audit(actor, "endpoint.deleted", endpoint, name=endpoint.name)
    Endpoint.objects.of(actor.workspace).filter(pk=endpoint.pk).delete()


@transaction.atomic
def test_endpoint(actor: Actor, endpoint: Endpoint) -> None:
    """Send it an event that means nothing. What comes of it stands in the log."""
    require(actor, Permission.MANAGE_WEBHOOKS)
    key = f"test:{endpoint.public_id}:{timezone.now().isoformat()}"
    content = payload(actor.workspace, TEST, None, {"endpoint": endpoint.public_id, "message": "Hello."}, key)
    deliver_to(endpoint, TEST, None, content, key)
    audit(actor, "endpoint.tested", endpoint, name=endpoint.name)


def _checked(name: str, url: str, events: Sequence[str]) -> tuple[str, str, list[str]]:
    problems: dict[str, ValidationError] = {}
    name, url = clean_text(name, MAX_NAME).strip(), clean_text(url, MAX_URL + 1).strip()
    if not name:
        problems["name"] = ValidationError(_("Give the endpoint a name."), code="required")
    if problem := _url_problem(url):
        problems["url"] = problem
    if unknown := [event for event in events if event not in EVENTS]:
        message = _("There is no event “%(name)s”.") % {"name": unknown[0][:40]}
        problems["events"] = ValidationError(message, code="event_unknown")
    if problems:
        raise ValidationError(problems)
    return name, url, [event for event in EVENTS if event in events]


def _url_problem(url: str) -> ValidationError | None:
    """By the egress rule; a name that cannot be looked up now may be there later."""
    if not url or len(url) > MAX_URL:
        return ValidationError(_("Write the address, at most 500 characters."), code="required")
    try:
        async_to_sync(outbound_client().probe)(url)
    except EgressRefused as error:
        return ValidationError(error.message, code=error.code)
    except OutboundFailed:
        return None
    return None
