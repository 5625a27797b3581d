from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_io.messaging.provider import Abilities, SendFailed
from channels_io.models import Account, Channel, MessageTemplate
from parley.accounts.models import User, Workspace
from tests.support.messaging_lines import meta_line, twilio_line

ClientOf = Callable[[User], Client]


class FakeMessenger:
    abilities = Abilities(scope="whatsapp", text_limit=4096, templates=True)

    def __init__(self, account: Account | None, *names: str, failed: SendFailed | None = None) -> None:
        self.account, self.names, self.failed = account, names, failed

    def templates(self) -> list[MessageTemplate]:
        if self.failed:
            raise self.failed
        return [
            MessageTemplate(account=self.account, reference=name, name=name, body="Hi {{1}}, {{2}}!", status="approved")
            for name in self.names
        ]


@pytest.fixture
def channel(acme: Workspace) -> Channel:
    made, _identity = meta_line(acme)
    return made


def provide(monkeypatch: pytest.MonkeyPatch, messenger: FakeMessenger) -> None:
    monkeypatch.setattr("channels_io.registry.messenger_of", lambda _channel: messenger)


def path_of(channel: Channel) -> str:
    assert channel.account is not None
    return f"/channels/accounts/{channel.account.public_id}/templates/"


def test_templates_are_fetched_and_kept_up_to_date(
    channel: Channel, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(bob)
    assert "No templates yet" in client.get(path_of(channel)).content.decode()
    provide(monkeypatch, FakeMessenger(channel.account, "reminder", "offer"))
    page = client.post(path_of(channel), follow=True).content.decode()
    assert "2 templates." in page
    assert 'data-body="Hi {{1}}, {{2}}!"' in page
    kept = MessageTemplate.objects.get(name="reminder")
    provide(monkeypatch, FakeMessenger(channel.account, "reminder"))
    client.post(path_of(channel))
    # The same row: channels and campaigns name it.
    assert [row.public_id for row in MessageTemplate.objects.all()] == [kept.public_id]


def test_a_provider_that_fails_changes_nothing(
    channel: Channel, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(monkeypatch, FakeMessenger(channel.account, "reminder"))
    client = client_of(bob)
    client.post(path_of(channel))
    failed = SendFailed("Meta asks to slow down.", code="4", verdict="later")
    provide(monkeypatch, FakeMessenger(channel.account, failed=failed))
    assert "Meta asks to slow down." in client.post(path_of(channel), follow=True).content.decode()
    assert MessageTemplate.objects.count() == 1


def test_an_account_for_sms_alone_has_none(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    page = client_of(bob).post(path_of(twilio_line(acme)), follow=True).content.decode()
    assert "No WhatsApp channel stands on this account yet." in page


def test_pickers_get_them_as_json(
    channel: Channel, bob: User, charlie: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(monkeypatch, FakeMessenger(channel.account, "reminder"))
    client = client_of(bob)
    client.post(path_of(channel))
    answer: dict[str, Any] = client.get("/channels/templates.json").json()
    (row,) = answer["templates"]
    assert (row["name"], row["places"], row["approved"]) == ("reminder", ["1", "2"], True)
    assert client.get(f"/channels/templates.json?account={row['account']}").json() == answer
    assert client.get("/channels/templates.json?account=pa_other").json() == {"templates": []}
    assert client_of(charlie).get("/channels/templates.json").json() == {"templates": []}
