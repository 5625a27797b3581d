from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from agents.actions.delete_secret import delete_secret
from agents.actions.set_secret import set_secret
from agents.errors import ToolRefused
from agents.models import Secret
from agents.reads import secret_names
from agents.tools.secrets import SecretRefused, secret_for
from agents.tools.shapes import HttpRequest
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent
from tests.support.cast import actor_for
from tests.support.tools import CANARY, make_secret, make_tool

REQUEST = HttpRequest(url="https://api.example.com/x", auth="bearer", secret="crm_key")


def test_a_secret_is_kept_encrypted_and_used_by_name(acme: Workspace, bob: User) -> None:
    secret = set_secret(actor_for(bob), "crm_key", f" {CANARY}\n", ["https://API.example.com/v1", "auth.example.com"])
    assert secret.hosts == ["api.example.com", "auth.example.com"]
    assert secret_for(acme, REQUEST) == CANARY
    assert secret_names(acme) == ["crm_key"]
    row = Secret.objects.filter(pk=secret.pk).values().get()
    event = AuditEvent.objects.get(verb="secret.created")
    assert CANARY not in json.dumps([row, event.data], default=str)
    assert secret.set_by == bob


def test_another_text_takes_its_place(acme: Workspace, bob: User) -> None:
    make_secret(acme)
    set_secret(actor_for(bob), "crm_key", "second", ["api.example.com"])
    assert Secret.objects.count() == 1
    assert secret_for(acme, REQUEST) == "second"
    assert AuditEvent.objects.filter(verb="secret.replaced").count() == 1


def test_it_is_nobody_elses_and_goes_nowhere_else(acme: Workspace, globex: Workspace) -> None:
    make_secret(acme)
    with pytest.raises(SecretRefused):
        secret_for(globex, REQUEST)
    for url in ("https://evil.example.com/", "https://api.example.com.evil.org/", "https://127.0.0.1/", "nonsense"):
        with pytest.raises(SecretRefused) as refused:
            secret_for(acme, HttpRequest(url=url, auth="bearer", secret="crm_key"))
        assert refused.value.code == "secret_elsewhere"
        assert CANARY not in refused.value.message


def test_it_is_not_sent_in_the_open(acme: Workspace, settings: Settings) -> None:
    make_secret(acme)
    request = HttpRequest(url="http://api.example.com/", auth="bearer", secret="crm_key")
    with pytest.raises(SecretRefused) as refused:
        secret_for(acme, request)
    assert refused.value.code == "secret_in_the_open"
    settings.PARLEY_EGRESS_ALLOW = ["api.example.com"]
    assert secret_for(acme, request) == CANARY


def test_a_sealed_text_does_not_open_in_another_row(acme: Workspace, globex: Workspace) -> None:
    stolen = make_secret(acme)
    theirs = make_secret(globex, text="other")
    Secret.objects.filter(pk=theirs.pk).update(sealed=stolen.sealed)
    with pytest.raises(SecretRefused) as refused:
        secret_for(globex, REQUEST)
    assert refused.value.code == "secret_unreadable"


@pytest.mark.parametrize(
    ("name", "text", "hosts", "field"),
    [
        ("", "x", ["a.example.com"], "name"),
        ("a b", "x", ["a.example.com"], "name"),
        ("ok", " ", ["a.example.com"], "text"),
        ("ok", "two\nlines", ["a.example.com"], "text"),
        ("ok", "x" * 5000, ["a.example.com"], "text"),
        ("ok", "x", [], "hosts"),
        ("ok", "x", ["a b"], "hosts"),
        ("ok", "x", ["0x7f.1"], "hosts"),
        ("ok", "x", [f"h{number}.example.com" for number in range(9)], "hosts"),
    ],
)
def test_what_cannot_be_a_secret(
    acme: Workspace, bob: User, name: str, text: str, hosts: list[str], field: str
) -> None:
    with pytest.raises(ToolRefused) as refused:
        set_secret(actor_for(bob), name, text, hosts)
    assert [finding[0] for finding in refused.value.findings] == [field]


def test_a_secret_that_is_sent_stays(acme: Workspace, bob: User) -> None:
    secret = make_secret(acme)
    tool = make_tool(acme, auth="bearer", secret="crm_key")
    with pytest.raises(ToolRefused):
        delete_secret(actor_for(bob), secret)
    tool.delete()
    agent = make_agent(acme)
    agent.draft.flow = {"flows": [{"nodes": [{"id": "n", "values": {"auth": "header", "secret": "crm_key"}}]}]}
    agent.draft.save()
    with pytest.raises(ToolRefused, match="Reception"):
        delete_secret(actor_for(bob), secret)
    agent.draft.flow = {}
    agent.draft.save()
    delete_secret(actor_for(bob), secret)
    assert not Secret.objects.exists()


def test_looking_on_is_not_enough(acme: Workspace, vera: User, oscar: User) -> None:
    secret = make_secret(acme)
    for user in (vera, oscar):
        with pytest.raises(PermissionDenied):
            set_secret(actor_for(user), "x", "y", ["a.example.com"])
        with pytest.raises(PermissionDenied):
            delete_secret(actor_for(user), secret)


def test_a_new_key_takes_every_secret_over(
    acme: Workspace, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = "o" * 40, "n" * 40
    settings.PARLEY_SEALING_KEYS = [old]
    make_secret(acme)
    make_secret(acme, "second")
    settings.PARLEY_SEALING_KEYS = [new, old]
    assert secret_for(acme, REQUEST) == CANARY
    call_command("rotatesecrets")
    assert "2 moved to the first key, 0 were there already" in capsys.readouterr().out
    settings.PARLEY_SEALING_KEYS = [new]
    assert secret_for(acme, REQUEST) == CANARY
    call_command("rotatesecrets")
    settings.PARLEY_SEALING_KEYS = ["x" * 40]
    with pytest.raises(CommandError, match="2 could not be read"):
        call_command("rotatesecrets")
    with pytest.raises(SecretRefused):
        secret_for(acme, REQUEST)
