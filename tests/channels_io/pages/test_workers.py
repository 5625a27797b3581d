"""The Workers page, kept places, and the two addresses for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from channels_io.actions.drain_worker import drain_worker
from channels_io.actions.save_reserved_places import ReservedValues, save_reserved_places
from channels_io.models import ReservedPlaces
from channels_io.workers.provision import tell_reserved
from parley.accounts.actor import system_actor
from parley.accounts.models import AuditEvent, User, Workspace
from parley.lib.workers import store
from tests.support.agents import make_agent

pytestmark = pytest.mark.django_db
Sign = Callable[[User], Client]
WORKER = "http://10.0.0.7:8100"


@pytest.fixture(autouse=True)
def _own_fleet(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of this test's own: no other sees its workers, and it sees no other's."""
    settings.PARLEY_WORKER_TOKEN = f"token-{uuid4().hex}"
    settings.PARLEY_WORKERS = []
    monkeypatch.setattr("channels_io.workers.views.keep_workers_ready.delay", lambda: None)


def announce(settings: Any, *, token: str = "", **told: Any) -> Any:
    status = {
        "name": "gpu-1",
        "ready": True,
        "capacity": 8,
        "conversations": 3,
        "version": "1.2",
        **told.pop("status", {}),
    }
    return Client().post(
        "/workers/announce/",
        json.dumps({"status": status, "url": WORKER, **told}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or settings.PARLEY_WORKER_TOKEN}"},
    )


def test_a_worker_announces_itself_and_is_shown(acme: Workspace, alice: User, client_of: Sign, settings: Any) -> None:
    agent, other = make_agent(acme, "Reception"), "ag_of_somebody_else"
    status = {
        "resident": {agent.public_id: "d", other: "d"},
        "engines": [{"role": "chat", "model": "big-model"}],
        "serving": {f"{acme.public_id}:{agent.public_id}": 2},
    }
    assert announce(settings, status=status).json() == {"kept": True}
    assert store.known_urls() == [WORKER]
    page = client_of(alice).get("/workers/").content.decode()
    for shown in ("gpu-1", "big-model", "Reception", "and 1 of another workspace", "Ready", "3 "):
        assert shown in page
    assert other not in page
    assert announce(settings, gone=True).json() == {"kept": False}
    assert "No worker is there" in client_of(alice).get("/workers/live/").content.decode()


def test_only_who_holds_the_token_is_believed(settings: Any) -> None:
    assert announce(settings, token="another-token-of-somebody").status_code == 403
    assert store.known_urls() == []
    sent = {"Authorization": f"Bearer {settings.PARLEY_WORKER_TOKEN}"}
    for body in ("", "[]", '{"status": {}, "url": "file:///etc/passwd"}'):
        answer = Client().post("/workers/announce/", body, content_type="application/json", headers=sent)
        assert answer.status_code == 400


def test_without_an_address_it_is_where_it_came_from(settings: Any) -> None:
    announce(settings, url="", port=8123)
    assert store.known_urls() == ["http://127.0.0.1:8123"]


def test_how_many_there_should_be(settings: Any, acme: Workspace) -> None:
    announce(settings)
    save_reserved_places(system_actor(acme), ReservedValues(places=2, workers=3))
    tell_reserved()
    told = Client().get("/workers/wanted.json").json()
    assert (told["workers_wanted"], told["reason"], told["kept"], told["calls"]) == (3, "kept ready", 2, 3)
    assert "parley_workers_wanted 3.0" in Client().get("/metrics").content.decode()
    settings.PARLEY_METRICS_TOKEN = "of-the-scraper"
    assert Client().get("/workers/wanted.json").status_code == 404


def test_a_worker_is_drained_by_whom_it_belongs_to(
    acme: Workspace, alice: User, client_of: Sign, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    async def put_drain(url: str, token: str, *, draining: bool) -> None:
        asked.append((url, draining))

    monkeypatch.setattr("channels_io.actions.drain_worker.put_drain", put_drain)
    Workspace.objects.exclude(pk=acme.pk).delete()
    announce(settings)
    browser = client_of(alice)
    assert browser.post("/workers/drain/", {"url": WORKER, "draining": "1"}).status_code == 302
    assert browser.post("/workers/drain/", {"url": "http://elsewhere", "draining": "1"}).status_code == 404
    assert browser.post("/workers/drain/", {"url": WORKER, "draining": "0"}).status_code == 302
    assert asked == [(WORKER, True), (WORKER, False)]
    assert set(AuditEvent.objects.values_list("verb", flat=True)) >= {"worker.drained", "worker.put_back"}
    announce(settings, status={"draining": True})
    assert "Put back" in browser.get("/workers/live/").content.decode()
    Workspace.objects.create(name="Other", slug="other-tenant")
    assert browser.post("/workers/drain/", {"url": WORKER, "draining": "1"}).status_code == 403
    page = browser.get("/workers/").content.decode()
    assert "worker-drain" not in page
    assert WORKER not in page
    with pytest.raises(PermissionDenied):
        drain_worker(system_actor(acme), WORKER, draining=True)


def test_places_are_kept_changed_and_let_go(acme: Workspace, alice: User, client_of: Sign) -> None:
    agent, browser = make_agent(acme, "Reception"), client_of(alice)
    sent = {
        "agent": agent.public_id, "places": "3", "workers": "2", "days": ["0", "4"], "begins": "08:00", "ends": "18:00",
        "enabled": "on",
    }  # fmt: skip
    assert browser.post("/workers/reserved/new/", sent).status_code == 302
    row = ReservedPlaces.objects.get()
    assert (row.agent, row.places, row.workers, row.days, row.begins) == (agent, 3, 2, [0, 4], time(8))
    assert "Mon, Fri, 08:00 to 18:00" in browser.get("/workers/").content.decode()
    address = f"/workers/reserved/{row.public_id}/"
    assert 'value="3"' in browser.get(address).content.decode()
    assert browser.post(address, {**sent, "ends": ""}).status_code == 400
    assert browser.post(address, {**sent, "agent": "", "places": "1", "days": []}).status_code == 302
    row.refresh_from_db()
    assert (row.agent, row.places, row.days) == (None, 1, [])
    assert browser.post(f"{address}delete/").status_code == 302
    assert not ReservedPlaces.objects.exists()


def test_a_workspace_keeps_no_more_than_its_share(acme: Workspace, settings: Any) -> None:
    settings.PARLEY_RESERVED_PLACES = 5
    actor = system_actor(acme)
    first = save_reserved_places(actor, ReservedValues(places=4))
    with pytest.raises(ValidationError, match="5 places in all; 4 are kept"):
        save_reserved_places(actor, ReservedValues(places=2))
    save_reserved_places(actor, ReservedValues(places=5), first)
    save_reserved_places(actor, ReservedValues(places=5, enabled=False))
