from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from agents.actions.delete_provider import delete_provider
from agents.actions.edit_draft import edit_draft
from agents.actions.rotate_secrets import rotate_secrets
from agents.actions.save_provider import ProviderForm, key_of, save_provider
from agents.compile import compile_draft, find_problems
from agents.errors import ToolRefused
from agents.models import Agent, Provider
from agents.providers import kept_services, look_up
from agents.surroundings import surroundings_of
from inference.spec import encode_spec, lent_services
from parley.accounts.models import AuditEvent, User, Workspace
from parley.lib.egress import NOTHING
from parley.lib.outbound import OutboundClient
from tests.support.agents import make_agent
from tests.support.cast import actor_for
from tests.support.providers import make_provider
from tests.support.tools import CANARY

CLOUD = ProviderForm(name="Cloud", url="https://api.example.com/v1/", key=CANARY, chat_model="small")


def looked_up(*addresses: str) -> OutboundClient:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return OutboundClient(NOTHING, resolve=resolve)


def choose(actor_user: User, agent: Agent, **values: object) -> None:
    edit_draft(actor_for(actor_user), agent, values, revision=agent.draft.revision)
    agent.draft.refresh_from_db()


def test_a_key_is_kept_encrypted_lent_and_nowhere_else(acme: Workspace, bob: User) -> None:
    provider = save_provider(actor_for(bob), None, CLOUD)
    assert provider.url == "https://api.example.com/v1"
    row = Provider.objects.filter(pk=provider.pk).values().get()
    event = AuditEvent.objects.get(verb="provider.created")
    assert CANARY not in json.dumps([row, event.data], default=str) + repr(CLOUD)
    (lent,) = async_to_sync(look_up)(kept_services(acme.public_id, [provider.public_id]), looked_up("93.184.215.14"))
    assert (lent.key, lent.addresses, lent.chat) == (CANARY, ("93.184.215.14",), "small")
    assert CANARY not in repr(lent)


def test_nothing_is_lent_to_another_workspace_nor_to_a_private_address(
    acme: Workspace, globex: Workspace, bob: User
) -> None:
    provider = save_provider(actor_for(bob), None, CLOUD)
    ids = [provider.public_id]
    assert async_to_sync(look_up)(kept_services(globex.public_id, ids), looked_up("93.184.215.14")) == ()
    assert async_to_sync(look_up)(kept_services(acme.public_id, ids), looked_up("93.184.215.14", "10.0.0.7")) == ()


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("http://10.0.0.7:8000/v1", "url"),
        ("http://localhost:8000/v1", "url"),
        ("ftp://api.example.com/v1", "url"),
        ("https://user:pw@api.example.com/v1", "url"),
        ("http://api.example.com/v1", "key"),
    ],
)
def test_an_address_is_checked_before_it_is_kept(acme: Workspace, bob: User, url: str, field: str) -> None:
    wanted = ProviderForm(name="Cloud", url=url, key=CANARY, chat_model="small")
    with pytest.raises(ToolRefused) as caught:
        save_provider(actor_for(bob), None, wanted)
    assert field in [found for found, _code, _message in caught.value.findings]


def test_a_private_address_is_for_operators_who_open_it(acme: Workspace, bob: User, settings: Settings) -> None:
    settings.PARLEY_EGRESS_ALLOW = ["10.0.0.7:8000"]
    wanted = ProviderForm(name="GPU", url="http://10.0.0.7:8000/v1", key="k", chat_model="small")
    assert key_of(save_provider(actor_for(bob), None, wanted)) == "k"


def test_another_address_needs_the_key_again(acme: Workspace, bob: User) -> None:
    provider = save_provider(actor_for(bob), None, CLOUD)
    elsewhere = ProviderForm(name="Cloud", url="https://evil.example.net/v1", chat_model="small")
    with pytest.raises(ToolRefused) as caught:
        save_provider(actor_for(bob), provider, elsewhere)
    assert caught.value.findings[0][1] == "key_again"
    same = ProviderForm(name="Cloud 2", url="https://api.example.com/v1", chat_model="large")
    assert key_of(save_provider(actor_for(bob), Provider.objects.get(), same)) == CANARY


def test_whoever_may_not_edit_agents_keeps_no_service(acme: Workspace, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        save_provider(actor_for(vera), None, CLOUD)


def test_keys_move_under_a_new_sealing_key(acme: Workspace, bob: User, settings: Settings) -> None:
    provider = save_provider(actor_for(bob), None, CLOUD)
    settings.PARLEY_SEALING_KEYS = ["n" * 40, *settings.PARLEY_SEALING_KEYS]
    assert rotate_secrets().moved == 1
    provider.refresh_from_db()
    settings.PARLEY_SEALING_KEYS = settings.PARLEY_SEALING_KEYS[:1]
    assert key_of(provider) == CANARY


def test_an_agent_names_services_and_its_spec_holds_no_key(acme: Workspace, bob: User) -> None:
    agent = make_agent(acme)
    cloud = save_provider(actor_for(bob), None, CLOUD)
    spare = make_provider(acme, name="Spare", chat_model="other", transcriber_model="whisper-1")
    choose(bob, agent, chat_model=cloud.engine, transcriber=spare.engine, stand_in=spare.engine)
    spec = compile_draft(agent.draft, around=surroundings_of(acme))
    assert (spec.models.chat, spec.models.chat_then) == (cloud.engine, (spare.engine,))
    assert (spec.models.transcriber, spec.models.transcriber_then) == (spare.engine, ())
    assert lent_services(spec) == (cloud.public_id, spare.public_id)
    assert CANARY.encode() not in encode_spec(spec)


def test_a_service_that_is_used_stays_and_one_that_is_gone_is_told(acme: Workspace, bob: User) -> None:
    agent = make_agent(acme)
    cloud = save_provider(actor_for(bob), None, CLOUD)
    choose(bob, agent, chat_model=cloud.engine)
    with pytest.raises(ToolRefused) as caught:
        delete_provider(actor_for(bob), cloud)
    assert agent.name in caught.value.message
    Provider.objects.all().delete()
    problems = find_problems(agent.draft, around=surroundings_of(acme))
    assert ("chat_model", "service_gone") in [(problem.field, problem.code) for problem in problems]
    choose(bob, agent, chat_model="default")
    again = save_provider(actor_for(bob), None, CLOUD)
    delete_provider(actor_for(bob), again)
    assert not Provider.objects.exists()


def test_the_pages_show_no_key(acme: Workspace, bob: User, client: Client) -> None:
    client.force_login(bob)
    form = {
        "name": "Cloud", "url": "https://api.example.com/v1", "key": CANARY, "chat_model": "small", "rate": "24000",
        "binding": "json_schema", "first_ms": "3500", "between_ms": "4000", "partial_ms": "0",
        "llm_prompt": "0,15", "llm_cached": "", "llm_reply": "0.60", "asr_minute": "", "tts_characters": "",
    }  # fmt: skip
    assert client.post(reverse("agents:providers"), form).status_code == 302
    provider = Provider.objects.get()
    assert key_of(provider) == CANARY
    assert provider.prices == {"llm_prompt": 150_000, "llm_reply": 600_000}
    for address in (reverse("agents:providers"), reverse("agents:provider", args=[provider.public_id])):
        page = client.get(address)
        assert page.status_code == 200
        assert "Cloud" in page.content.decode()
        assert CANARY not in page.content.decode()
    refused = client.post(reverse("agents:providers"), form | {"name": "Other", "url": "http://localhost/v1"})
    assert refused.status_code == 400
    assert CANARY not in refused.content.decode()
    assert client.post(reverse("agents:providers"), form | {"name": "Other", "llm_reply": "dear"}).status_code == 400
    assert client.post(reverse("agents:provider-delete", args=[provider.public_id])).status_code == 302
    assert not Provider.objects.exists()
