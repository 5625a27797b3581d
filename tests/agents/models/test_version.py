from __future__ import annotations

import pytest
from django.db import transaction

from agents.errors import ImmutableVersion
from agents.models import Agent, Version
from inference.spec import spec_digest
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish


@pytest.fixture
def version(acme: Workspace) -> Version:
    return publish(make_agent(acme))


def test_save_of_an_existing_version_raises(version: Version) -> None:
    version.note = "changed"
    with pytest.raises(ImmutableVersion):
        version.save()
    with pytest.raises(ImmutableVersion):
        version.save(update_fields=["note"])
    version.refresh_from_db()
    assert version.note == ""


def test_nobody_deletes_or_updates_versions(version: Version) -> None:
    with pytest.raises(ImmutableVersion):
        version.delete()
    with pytest.raises(ImmutableVersion):
        Version.objects.filter(pk=version.pk).delete()
    with pytest.raises(ImmutableVersion):
        Version.objects.filter(pk=version.pk).update(note="x")
    with pytest.raises(ImmutableVersion), transaction.atomic():
        Version.objects.bulk_update([version], ["note"])
    assert Version.objects.get(pk=version.pk).note == ""


def test_the_stored_spec_is_the_compiled_one(version: Version) -> None:
    spec = version.agent_spec()
    assert spec.version == version.public_id
    assert spec.agent == version.agent.public_id
    assert spec_digest(spec) == version.digest


def test_deleting_the_workspace_takes_its_versions(acme: Workspace, version: Version) -> None:
    acme.delete()
    assert not Version.objects.filter(pk=version.pk).exists()
    assert not Agent.objects.filter(pk=version.agent_id).exists()
