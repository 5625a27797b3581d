from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from agents.actions.delete_tool import delete_tool
from agents.actions.save_tool import create_tool, edit_tool
from agents.errors import ToolRefused
from agents.models import Tool
from agents.reads import agents_with_tool, tool_specs
from agents.tools.shapes import values_of
from parley.accounts.models import AuditEvent, User, Workspace
from parley.lib.egress import NOTHING
from parley.lib.outbound import OutboundClient
from tests.support.agents import make_agent
from tests.support.cast import actor_for
from tests.support.hostile_urls import HOSTILE_URLS
from tests.support.tools import make_secret, make_tool

VALUES: dict[str, Any] = {
    "name": "find_slots",
    "description": "Finds free appointments.",
    "saying": "One moment.",
    "method": "GET",
    "url": "https://api.example.com/slots?day={{day}}",
    "parameters": [{"name": "day", "description": "The day"}],
    "results": [{"name": "times", "path": "slots.*.time"}],
}


def standing_for(*addresses: str) -> OutboundClient:
    """A client whose name server always gives these addresses."""

    async def resolve(host: str, port: int) -> list[str]:
        if not addresses:
            raise OSError("no such name")
        return list(addresses)

    return OutboundClient(NOTHING, resolve=resolve)


PUBLIC = standing_for("93.184.215.14")


def refused_codes(error: pytest.ExceptionInfo[ToolRefused]) -> list[tuple[str, str]]:
    return [(field, code) for field, code, _message in error.value.findings]


def test_a_tool_is_kept_and_agents_are_offered_it(acme: Workspace, bob: User) -> None:
    saved = create_tool(actor_for(bob), VALUES, client=PUBLIC)
    assert saved.notices == []
    assert {key: value for key, value in values_of(saved.tool).items() if key in VALUES} == {
        **VALUES,
        "parameters": [
            {"name": "day", "kind": "text", "description": "The day", "required": True, "choices": [], "fixed": ""}
        ],
    }
    (spec,) = tool_specs(acme)
    assert (spec.name, spec.description, spec.saying) == ("find_slots", "Finds free appointments.", "One moment.")
    assert '"day":{"type":"string","description":"The day"}' in spec.parameters
    assert AuditEvent.objects.get(verb="tool.created").data == {"name": "find_slots"}


def test_a_change_keeps_the_rest(acme: Workspace, bob: User) -> None:
    tool = make_tool(acme)
    edit_tool(actor_for(bob), tool, {"saying": "Wait.", "timeout": 3}, client=PUBLIC)
    tool.refresh_from_db()
    assert values_of(tool)["timeout"] == 3
    assert values_of(tool)["url"] == "https://api.example.com/slots?day={{day}}"
    assert AuditEvent.objects.get(verb="tool.edited").data == {"name": "find_slots", "fields": ["saying", "timeout"]}


def test_names_are_unique_and_never_change(acme: Workspace, bob: User) -> None:
    tool = make_tool(acme)
    with pytest.raises(ToolRefused) as error:
        create_tool(actor_for(bob), VALUES, client=PUBLIC)
    assert refused_codes(error) == [("name", "name_taken")]
    with pytest.raises(ToolRefused) as error:
        edit_tool(actor_for(bob), tool, {"name": "other"}, client=PUBLIC)
    assert refused_codes(error) == [("name", "name_fixed")]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_hostile_addresses_are_not_saved(acme: Workspace, bob: User, url: str) -> None:
    with pytest.raises(ToolRefused) as error:
        create_tool(actor_for(bob), {**VALUES, "url": url.replace("{port}", "8080"), "parameters": []}, client=PUBLIC)
    assert "url" in [field for field, _code in refused_codes(error)]
    assert not Tool.objects.exists()


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.215.14", "10.0.0.1"), ("::1",)])
def test_a_public_name_for_a_private_address_is_not_saved(
    acme: Workspace, bob: User, addresses: tuple[str, ...]
) -> None:
    with pytest.raises(ToolRefused) as error:
        create_tool(actor_for(bob), VALUES, client=standing_for(*addresses))
    assert refused_codes(error) == [("url", "address_private")]
    assert not Tool.objects.exists()


def test_a_name_that_nobody_knows_yet_is_said_but_saved(acme: Workspace, bob: User) -> None:
    saved = create_tool(actor_for(bob), VALUES, client=standing_for())
    assert [code for _field, code, _message in saved.notices] == ["unknown_host"]


@pytest.mark.parametrize(
    "values",
    [
        {"id": 1},
        {"workspace": 1},
        {"public_id": "tl_x"},
        {"request": {}},
        {"parameters": "x"},
        {"headers": [[[[[[]]]]]]},
    ],
)
def test_other_fields_are_refused(acme: Workspace, bob: User, values: dict[str, Any]) -> None:
    with pytest.raises(ToolRefused):
        create_tool(actor_for(bob), {**VALUES, **values}, client=PUBLIC)


def test_a_secret_goes_where_it_belongs_only(acme: Workspace, globex: Workspace, bob: User) -> None:
    make_secret(acme, "crm_key", host="crm.example.com")
    make_secret(globex, "theirs")
    for secret, code in (("crm_key", "secret_elsewhere"), ("theirs", "secret_missing"), ("none", "secret_missing")):
        with pytest.raises(ToolRefused) as error:
            create_tool(actor_for(bob), {**VALUES, "auth": "bearer", "secret": secret}, client=PUBLIC)
        assert refused_codes(error) == [("secret", code)]
    url = "https://crm.example.com/slots?day={{day}}"
    create_tool(actor_for(bob), {**VALUES, "auth": "bearer", "secret": "crm_key", "url": url}, client=PUBLIC)


def test_a_tool_goes_and_its_agents_are_known(acme: Workspace, bob: User) -> None:
    tool = make_tool(acme)
    agent = make_agent(acme)
    assert agents_with_tool(acme, tool.name) == []
    node = {"id": "n1", "kind": "goal", "values": {"tools": ["find_slots"]}}
    agent.draft.flow = {"nodes": [], "flows": [{"nodes": [node]}]}
    agent.draft.save()
    assert agents_with_tool(acme, tool.name) == [agent]
    delete_tool(actor_for(bob), tool)
    assert not Tool.objects.exists()
    assert AuditEvent.objects.get(verb="tool.deleted").data == {"name": "find_slots"}


def test_looking_on_is_not_enough(acme: Workspace, vera: User, oscar: User) -> None:
    tool = make_tool(acme)
    for user in (vera, oscar):
        with pytest.raises(PermissionDenied):
            create_tool(actor_for(user), VALUES)
        with pytest.raises(PermissionDenied):
            edit_tool(actor_for(user), tool, {"saying": "x"})
        with pytest.raises(PermissionDenied):
            delete_tool(actor_for(user), tool)
