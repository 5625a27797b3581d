"""Carrier accounts: made, changed, tested, deleted. Their secrets go in and never come out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from channels_io.account_secrets import secrets_of
from channels_io.actions.save_account import create_account, delete_account, edit_account
from channels_io.actions.test_account import test_account as run_test
from channels_io.models import Account
from channels_io.setting_up import SetUpFailed
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.cast import actor_for
from tests.support.telephone import telephone

SID = "AC" + "0f" * 16
TOKEN = "0123456789abcdef0123456789abcdef"
META = {"access_token": "EAAG" + "x" * 60, "app_secret": TOKEN}


def twilio(user: User, **more: Any) -> Account:
    given = {"provider": "twilio", "name": "Main", "number": SID, "secrets": {"auth_token": TOKEN}, **more}
    return create_account(actor_for(user), **given)


def codes(refused: ValidationError) -> dict[str, str | None]:
    return {name: errors[0].code for name, errors in refused.error_dict.items()}


def test_an_account_is_made_with_its_secrets_sealed(bob: User) -> None:
    account = twilio(bob, secrets={"auth_token": f" {TOKEN} "})
    account.refresh_from_db()
    assert secrets_of(account) == {"auth_token": TOKEN}
    assert TOKEN not in account.sealed
    assert set(account.secrets_set) == {"auth_token"}
    event = AuditEvent.objects.get(verb="account.created")
    assert TOKEN not in json.dumps(event.data)


def test_metas_verify_token_is_ours(bob: User) -> None:
    account = create_account(actor_for(bob), provider="meta", name="Meta", number="102290129340398", secrets=META)
    kept = secrets_of(account)
    assert kept["access_token"] == META["access_token"]
    assert len(kept["verify_token"]) >= 24


@pytest.mark.parametrize("provider", ["twilio", "meta"])
def test_a_simulated_account_invents_what_it_needs(bob: User, provider: str) -> None:
    account = create_account(actor_for(bob), provider=provider, name="Try", secrets={}, simulated=True)
    assert account.simulated
    # What it invented would be taken from a person as well, for another account.
    other = account.number[:-1] + ("1" if account.number.endswith("0") else "0")
    kept = {name: text for name, text in secrets_of(account).items() if name != "verify_token"}
    create_account(actor_for(bob), provider=provider, name="Same", number=other, secrets=kept)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": " "}, {"name": "required"}),
        ({"number": "AC123"}, {"number": "number_invalid"}),
        ({"number": SID.lower()}, {"number": "number_invalid"}),
        ({"secrets": {}}, {"auth_token": "required"}),
        ({"secrets": {"auth_token": "two words"}}, {"auth_token": "secret_invalid"}),
        ({"secrets": {"auth_token": TOKEN, "api_key": "SK" + TOKEN}}, {"api_secret": "required"}),
        ({"secrets": {"auth_token": TOKEN, "api_secret": TOKEN}}, {"api_key": "required"}),
        ({"secrets": {"auth_token": TOKEN, "app_secret": TOKEN}}, {"app_secret": "secret_unknown"}),
        ({"secrets": {"auth_token": TOKEN, "verify_token": TOKEN}}, {"verify_token": "secret_unknown"}),
        ({"provider": "carrier"}, {"provider": "provider_unknown"}),
        ({"provider": "meta", "secrets": META}, {"number": "number_invalid"}),
        ({"provider": "meta", "number": "12345678", "secrets": {"app_secret": "x"}},
         {"access_token": "required", "app_secret": "secret_invalid"}),
    ],
)  # fmt: skip
def test_what_makes_no_account_is_refused(bob: User, given: dict[str, Any], expected: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        twilio(bob, **given)
    assert codes(refused.value) == expected
    assert not Account.objects.exists()


def test_names_and_numbers_are_there_once(bob: User, charlie: User) -> None:
    twilio(bob)
    with pytest.raises(ValidationError) as refused:
        twilio(bob, name="Other")
    assert codes(refused.value) == {"number": "account_taken"}
    with pytest.raises(ValidationError) as refused:
        twilio(bob, number="AC" + "1f" * 16)
    assert codes(refused.value) == {"name": "name_taken"}
    # Another workspace may have the same: it learns nothing of this one.
    assert twilio(charlie).workspace.slug == "globex"


def test_secrets_that_are_not_named_stay(bob: User) -> None:
    account = twilio(bob, secrets={"auth_token": TOKEN, "api_key": "SK" + TOKEN, "api_secret": TOKEN})
    before = account.secrets_set["auth_token"]
    edit_account(actor_for(bob), account, name="Renamed", secrets={"api_secret": "f" * 32})
    account.refresh_from_db()
    assert account.name == "Renamed"
    assert secrets_of(account) == {"auth_token": TOKEN, "api_key": "SK" + TOKEN, "api_secret": "f" * 32}
    assert account.secrets_set["auth_token"] == before
    assert account.secrets_set["api_secret"] > before


def test_an_api_key_can_be_taken_out_and_the_token_cannot(bob: User) -> None:
    account = twilio(bob, secrets={"auth_token": TOKEN, "api_key": "SK" + TOKEN, "api_secret": TOKEN})
    edit_account(actor_for(bob), account, name="Main", secrets={"api_key": "", "api_secret": ""})
    assert secrets_of(account) == {"auth_token": TOKEN}
    with pytest.raises(ValidationError) as refused:
        edit_account(actor_for(bob), account, name="Main", secrets={"auth_token": ""})
    assert codes(refused.value) == {"auth_token": "required"}


def test_secrets_that_cannot_be_read_any_more_are_entered_again(bob: User, settings: Any) -> None:
    account = create_account(actor_for(bob), provider="meta", name="Meta", number="102290129340398", secrets=META)
    settings.PARLEY_SEALING_KEYS = ["k" * 40]
    with pytest.raises(ValidationError) as refused:
        edit_account(actor_for(bob), account, name="Meta", secrets={"app_secret": TOKEN})
    assert codes(refused.value) == {"access_token": "required"}
    edit_account(actor_for(bob), account, name="Meta", secrets=META)
    assert set(secrets_of(account)) == {"access_token", "app_secret", "verify_token"}


def test_an_account_is_deleted_when_no_channel_stands_on_it(acme: Workspace, bob: User) -> None:
    account = telephone(acme).account
    assert account is not None
    with pytest.raises(ValidationError) as refused:
        delete_account(actor_for(bob), account)
    assert refused.value.code == "account_used"
    account.channels.all().delete()
    delete_account(actor_for(bob), account)
    assert not Account.objects.exists()


def test_only_who_manages_channels_may(acme: Workspace, bob: User, oscar: User) -> None:
    account = twilio(bob)
    for refused in (
        lambda: twilio(oscar),
        lambda: edit_account(actor_for(oscar), account, name="Mine", secrets={}),
        lambda: delete_account(actor_for(oscar), account),
        lambda: run_test(actor_for(oscar), account),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_a_test_is_remembered(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    account = twilio(bob)

    class Refused:
        def sign_in(self) -> str:
            raise SetUpFailed("Twilio says no.", code="credentials", advice="Copy it again.")

    monkeypatch.setattr("channels_io.registry.setup_of_account", lambda _account: Refused())
    assert run_test(actor_for(bob), account).verdict == "bad"
    account.refresh_from_db()
    assert (account.problem, account.tested_at is not None) == ("Twilio says no. Copy it again.", True)
    monkeypatch.setattr(Refused, "sign_in", lambda _self: "Acme Ltd")
    assert run_test(actor_for(bob), account).text == "Signed in to “Acme Ltd”."
    account.refresh_from_db()
    assert account.problem == ""
    # New secrets have not been tested.
    edit_account(actor_for(bob), account, name="Main", secrets={"auth_token": "e" * 32})
    assert account.tested_at is None
