from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from parley.accounts.actions import issue_api_key
from parley.accounts.actor import system_actor
from parley.accounts.api_auth import HasScope
from parley.accounts.models import User, Workspace

pytestmark = pytest.mark.django_db


def program(workspace: Workspace, *scopes: str) -> Client:
    _key, secret = issue_api_key(system_actor(workspace), name="k", scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_scope_opens_what_it_names_and_no_more(acme: Workspace) -> None:
    assert program(acme, "agents:read").get("/api/v1/agents/").status_code == 200
    refused = program(acme, "conversations:read").get("/api/v1/agents/")
    assert refused.status_code == 403
    assert refused.json() == {"error": {"code": "permission_denied", "message": "This needs the scope agents:read."}}


def test_a_member_uses_the_api_by_role(alice: User, vera: User, client_of: Callable[[User], Client]) -> None:
    assert client_of(vera).get("/api/v1/agents/").status_code == 200
    refused = client_of(vera).post("/api/v1/agents/", {"name": "X"}, content_type="application/json")
    assert refused.status_code == 403
    made = client_of(alice).post("/api/v1/agents/", {"name": "X"}, content_type="application/json")
    assert made.status_code == 201


def test_a_key_opens_no_page(acme: Workspace) -> None:
    client = program(acme, "agents:read")
    assert client.get("/workspace/people/").status_code == 302
    assert client.get("/admin/").status_code == 302


def test_another_header_or_the_address_carries_no_key(acme: Workspace) -> None:
    _key, secret = issue_api_key(system_actor(acme), name="k", scopes=["agents:read"])
    assert Client(headers={"X-Api-Key": secret}).get("/api/v1/agents/").status_code == 401
    assert Client().get("/api/v1/agents/", {"api_key": secret, "token": secret}).status_code == 401


def test_too_many_requests_hear_how_long_to_wait(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from parley import api
    from parley.lib.ratelimit import Limit

    monkeypatch.setattr(api, "API_LIMIT", Limit("api-test", burst=2, per_second=0.01))
    client = program(acme, "agents:read")
    assert [client.get("/api/v1/agents/").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/agents/")
    assert refused.json()["error"]["code"] == "throttled"
    assert 1 <= int(refused.headers["Retry-After"]) <= 100


def test_an_unknown_scope_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="unknown scope"):
        HasScope("agents:admin")


def test_the_schema_is_complete() -> None:
    schema = Client().get("/api/schema/", {"format": "json"})
    assert schema.status_code == 200
    document = schema.json()
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    assert all(path.startswith("/api/") for path in document["paths"])
