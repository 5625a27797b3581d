"""Webhooks over REST: made, changed, tested, deleted; their log read and replayed; by owners and their keys alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels_io.models import Delivery, Endpoint
from channels_io.outgoing.secrets import secret_of
from parley.accounts.actions.issue_api_key import issue_api_key
from parley.accounts.actor import system_actor
from parley.accounts.models import AuditEvent, Membership, Role, User, Workspace
from tests.channels_io.api.test_accounts_api import Api

pytestmark = pytest.mark.django_db
CRM = {"name": "CRM", "url": "https://8.8.8.8/hook", "events": ["conversation.analysed", "handoff.waiting"]}


@pytest.fixture
def api(acme: Workspace) -> Api:
    return Api(acme)


def test_one_is_made_read_changed_and_deleted(api: Api) -> None:
    made = api("post", "webhooks/", CRM, 201)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    path = f"webhooks/{made['id']}/"
    assert (made["name"], made["url"], made["enabled"]) == ("CRM", CRM["url"], True)
    assert set(made["events"]) == set(CRM["events"])
    assert api("get", path) == made
    assert api("get", "webhooks/") == [made]
    changed = api("patch", path, {"enabled": False, "events": []})
    assert (changed["enabled"], changed["events"], changed["name"]) == (False, [], "CRM")
    renewed = api("post", f"{path}secret/")
    assert renewed["secret"] != secret
    assert secret_of(Endpoint.objects.select_related("workspace").get()) == renewed["secret"]
    api("delete", path, status=204)
    api("get", path, status=404)
    assert list(AuditEvent.objects.filter(verb__startswith="endpoint.").order_by("pk").values_list("verb", flat=True)) == [
        "endpoint.created", "endpoint.edited", "endpoint.secret_renewed", "endpoint.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({**CRM, "secret": "whsec_mine"}, "secret"),
        ({**CRM, "events": ["conversation.exploded"]}, "events"),
        ({**CRM, "url": "http://127.0.0.1/"}, "url"),
        ({**CRM, "name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, sent: dict[str, Any], field: str) -> None:
    assert field in api("post", "webhooks/", sent, 400)["error"]["fields"]
    assert not Endpoint.objects.exists()


def test_the_log_is_read_and_replayed(api: Api) -> None:
    path = f"webhooks/{api('post', 'webhooks/', CRM, 201)['id']}/"
    api("post", f"{path}test/", status=202)
    log = api("get", f"{path}deliveries/?state=waiting")
    [row] = log["results"]
    assert (log["count"], row["event"], row["conversation"]) == (1, "endpoint.test", None)
    Delivery.objects.update(state="dead", due_at=None, status=500, answer="No.", attempts=9)
    one = api("get", f"{path}deliveries/{row['id']}/")
    assert (one["state"], one["status"], one["answer"], one["attempts"]) == ("dead", 500, "No.", 9)
    assert one["body"]["type"] == "endpoint.test"
    again = api("post", f"{path}deliveries/{row['id']}/replay/", status=202)
    assert (again["state"], again["id"] != row["id"]) == ("waiting", True)
    assert [each["id"] for each in api("get", f"{path}deliveries/?limit=1")["results"]] == [again["id"]]
    assert [each["id"] for each in api("get", f"{path}deliveries/?limit=1&offset=1")["results"]] == [row["id"]]
    other = f"webhooks/{api('post', 'webhooks/', {**CRM, 'name': 'Other'}, 201)['id']}/"
    api("get", f"{other}deliveries/{row['id']}/", status=404)
    assert api("get", f"{other}deliveries/")["count"] == 0


@pytest.mark.parametrize("role", list(Role))
def test_only_owners_and_keys_for_it(role: Role, api: Api, acme: Workspace) -> None:
    made = api("post", "webhooks/", CRM, 201)
    user: Any = User.objects.create_user(email="somebody@acme.example", password="x" * 20, name="S")
    Membership.objects.create(workspace=acme, user=user, role=role)
    client = Client()
    client.force_login(user)
    found = client.get("/api/v1/webhooks/").status_code
    sent = client.delete(f"/api/v1/webhooks/{made['id']}/").status_code
    assert (found, sent) == ((200, 204) if role == Role.OWNER else (403, 403))


def test_a_key_that_reads_changes_nothing(acme: Workspace) -> None:
    _key, secret = issue_api_key(system_actor(acme), name="reader", scopes=["webhooks:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/webhooks/").status_code == 200
    assert client.post("/api/v1/webhooks/", CRM, content_type="application/json").status_code == 403
