from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from parley.accounts.actor import system_actor
from parley.accounts.audit import audit
from parley.accounts.models import ApiKey, AuditEvent, Membership, Role, User, Workspace
from parley.lib.ids import PATTERN

pytestmark = pytest.mark.django_db


def refused(model: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.save()  # type: ignore[attr-defined]


def test_an_email_is_kept_in_small_letters_and_once(alice: User) -> None:
    assert User.objects.create_user("  DORA@Example.COM ", "x").email == "dora@example.com"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ALICE@ACME.EXAMPLE")])


def test_people_have_public_ids(alice: User, acme: Workspace) -> None:
    assert PATTERN.fullmatch(alice.public_id)
    assert alice.public_id.startswith("us_")
    assert acme.public_id.startswith("ws_")


def test_one_membership_per_person_and_workspace(alice: User, acme: Workspace) -> None:
    refused(Membership(user=alice, workspace=acme, role=Role.VIEWER))


def test_an_unknown_role_is_refused_by_the_database(charlie: User, acme: Workspace) -> None:
    refused(Membership(user=charlie, workspace=acme, role="god"))


def test_a_workspace_has_a_name_a_slug_and_a_clock() -> None:
    with pytest.raises(ValidationError) as caught:
        Workspace(name="X", slug="x", timezone="Mars/Olympus").full_clean()
    assert caught.value.message_dict == {
        "timezone": ["Mars/Olympus is not a time zone, write one such as Europe/Berlin."]
    }
    refused(Workspace(name="", slug="x"))
    refused(Workspace(name="X", slug=""))


def test_no_workspace_means_no_rows(acme: Workspace) -> None:
    ApiKey.issue(workspace=acme, name="k", scopes=["agents:read"])
    assert ApiKey.objects.of(acme).count() == 1
    assert ApiKey.objects.of(None).count() == 0


def test_a_key_opens_with_its_secret_only(acme: Workspace) -> None:
    key, secret = ApiKey.issue(workspace=acme, name="k", scopes=["agents:read"])
    assert secret.startswith(f"pk_{key.prefix}_")
    assert secret.split("_", 2)[2] not in str(ApiKey.objects.filter(pk=key.pk).values().get())
    assert ApiKey.find(secret) == key
    for wrong in (secret[:-1], secret + "x", f"pk_{key.prefix}_", f"xx{secret[2:]}", "", "pk__", "pk_\0_x", "pk_ü_x"):
        assert ApiKey.find(wrong) is None, wrong


def test_an_expired_or_revoked_key_opens_nothing(acme: Workspace) -> None:
    now = timezone.now()
    key, secret = ApiKey.issue(workspace=acme, name="k", scopes=["agents:read"], expires_at=now + timedelta(days=1))
    assert ApiKey.find(secret, now) == key
    assert ApiKey.find(secret, now + timedelta(days=1)) is None
    key.revoked_at = now
    key.save()
    assert ApiKey.find(secret, now) is None


def test_an_audit_event_is_written_once(acme: Workspace) -> None:
    event = audit(system_actor(acme), "did", acme, why="because")
    stored = AuditEvent.objects.of(acme).get()
    assert (stored.actor, stored.verb, stored.target_type, stored.target_id, stored.data) == (
        "system",
        "did",
        "accounts.workspace",
        acme.public_id,
        {"why": "because"},
    )
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
