from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_io.account_secrets import secrets_of
from channels_io.models import Account
from channels_io.setting_up import SetUpFailed
from parley.accounts.models import User, Workspace
from tests.support.messaging_lines import meta_line
from tests.support.telephone import AUTH_TOKEN, telephone

ClientOf = Callable[[User], Client]
SID = "AC" + "0f" * 16
NEW = "/channels/accounts/new/?provider=twilio"


class Signed:
    def __init__(self, failed: SetUpFailed | None = None) -> None:
        self.failed = failed

    def sign_in(self) -> str:
        if self.failed:
            raise self.failed
        return "Acme Ltd"


def carrier(monkeypatch: pytest.MonkeyPatch, failed: SetUpFailed | None = None) -> None:
    monkeypatch.setattr("channels_io.registry.setup_of_account", lambda _account: Signed(failed))


def html(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_an_account_is_added_and_tried(bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier(monkeypatch)
    client = client_of(bob)
    response = client.post(NEW, {"name": "Main", "number": SID, "auth_token": AUTH_TOKEN}, follow=True)
    account = Account.objects.get()
    assert account.tested_at is not None
    page = response.content.decode()
    assert "“Main” is ready." in page
    assert AUTH_TOKEN not in page
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    for path in ("/channels/accounts/", f"/channels/accounts/{account.public_id}/"):
        assert AUTH_TOKEN not in html(client, path)


def test_an_account_that_does_not_sign_in_is_kept_and_says_why(
    bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier(monkeypatch, SetUpFailed("Twilio says: Authenticate.", code="credentials", advice="Copy it again."))
    sent = {"name": "Main", "number": SID, "auth_token": AUTH_TOKEN}
    page = client_of(bob).post(f"{NEW}&kind=twilio_voice", sent, follow=True).content.decode()
    assert "The account is kept, but: Twilio says: Authenticate. Copy it again." in page
    assert "It does not sign in." in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"number": "AC1"}, "An account SID is AC"),
        ({"auth_token": ""}, "Paste it here."),
        ({"auth_token": "short"}, "An auth token is 32"),
        ({"api_key": "SK" + "0" * 32}, "belong together"),
    ],
)
def test_what_is_wrong_is_said_and_no_secret_comes_back(
    bob: User, client_of: ClientOf, sent: dict[str, str], said: str
) -> None:
    given = {"name": "Main", "number": SID, "auth_token": AUTH_TOKEN, **sent}
    response = client_of(bob).post(NEW, given)
    page = response.content.decode()
    assert response.status_code == 400
    assert said in page
    assert AUTH_TOKEN not in page


def test_a_secret_is_replaced_without_the_others(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel, identity = meta_line(acme)
    account = channel.account
    assert account is not None
    Account.objects.update(simulated=False)
    client = client_of(bob)
    page = html(client, f"/channels/accounts/{account.public_id}/")
    assert "Replace" in page
    assert not any(secret in page for secret in identity.secrets.values())
    new = "f" * 32
    client.post(f"/channels/accounts/{account.public_id}/", {"name": "Renamed", "app_secret": new, "access_token": ""})
    account.refresh_from_db()
    assert account.name == "Renamed"
    assert secrets_of(account) == {**identity.secrets, "app_secret": new}


def test_an_account_in_use_stays(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel = telephone(acme)
    account = channel.account
    assert account is not None
    client = client_of(bob)
    page = client.post(f"/channels/accounts/{account.public_id}/delete/", follow=True).content.decode()
    assert "uses this account" in page
    channel.delete()
    client.post(f"/channels/accounts/{account.public_id}/delete/")
    assert not Account.objects.exists()


def test_a_test_says_what_came_of_it(acme: Workspace, bob: User, client_of: ClientOf, monkeypatch: Any) -> None:
    account = telephone(acme).account
    assert account is not None
    carrier(monkeypatch)
    page = client_of(bob).post(f"/channels/accounts/{account.public_id}/test/", follow=True).content.decode()
    assert "Signed in to “Acme Ltd”." in page
