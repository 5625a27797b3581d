from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from channels_io.actions.save_prices import save_prices
from channels_io.after.cost import prices_of, reckon, write_costs
from channels_io.guards.rules import MILLION
from channels_io.models import (
    Channel,
    Conversation,
    CostLine,
    Leg,
    OutboundMessage,
    PhoneCall,
    PriceList,
    Spending,
    Turn,
)
from channels_io.prices import Prices, load_prices
from channels_io.reads.analysis import read_analysis
from channels_io.reads.threads import thread_for
from inference.used import Use
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.cast import actor_for
from tests.support.conversations import make_conversation
from tests.support.providers import make_provider

PRICES = Prices(
    asr_minute=6_000,
    llm_prompt=MILLION,
    llm_cached=MILLION // 10,
    llm_reply=2 * MILLION,
    tts_characters=10 * MILLION,
    tts_minute=0,
    carrier_minute=8_500,
    gpu_hour=720_000,
)


@pytest.fixture
def conversation(acme: Workspace) -> Conversation:
    agent = make_agent(acme)
    publish(agent)
    conversation = make_conversation(agent, exchanges=())
    leg = conversation.legs.get()
    now = timezone.now()
    Leg.objects.filter(pk=leg.pk).update(started_at=now - timedelta(seconds=100), ended_at=now)
    Turn.objects.filter(conversation=conversation).delete()
    said = {"workspace": acme, "conversation": conversation, "leg": leg}
    Turn.objects.create(**said, number=1, role="caller", text="x" * 9, started_ms=0, ended_ms=10_000)
    Turn.objects.create(**said, number=2, role="caller", text="typed", source="text", started_ms=0, ended_ms=9_000)
    Turn.objects.create(
        **said, number=1, role="agent", text="x", full_text="y" * 200, started_ms=10_500, ended_ms=15_500,
        prompt_tokens=1000, cached_tokens=900, reply_tokens=50,
    )  # fmt: skip
    return Conversation.objects.select_related("workspace", "agent").get(pk=conversation.pk)


def lines(conversation: Conversation) -> dict[tuple[str, str], tuple[float, int]]:
    rows = CostLine.objects.filter(conversation=conversation)
    return {(row.component, row.unit): (row.quantity, row.cost) for row in rows}


def test_by_default_nothing_costs_anything_but_the_quantities_are_there(conversation: Conversation) -> None:
    assert write_costs(conversation) == 0
    assert {what: quantity for what, (quantity, _cost) in lines(conversation).items()} == {
        ("asr", "second"): 10.0,
        ("llm", "prompt token"): 100.0,
        ("llm", "cached token"): 900.0,
        ("llm", "reply token"): 50.0,
        ("tts", "character"): 200.0,
        ("tts", "second"): 5.0,
        ("gpu", "second"): 100.0,
    }


def test_with_prices_each_component_has_its_cost_and_twice_is_once(conversation: Conversation, alice: User) -> None:
    save_prices(actor_for(alice), PRICES)
    total = write_costs(conversation)
    found = {what: cost for what, (_quantity, cost) in lines(conversation).items()}
    assert found == {
        ("asr", "second"): 1_000,
        ("llm", "prompt token"): 100,
        ("llm", "cached token"): 90,
        ("llm", "reply token"): 100,
        ("tts", "character"): 2_000,
        ("tts", "second"): 0,
        ("gpu", "second"): 20_000,
    }
    assert total == sum(found.values())
    assert write_costs(conversation) == total
    assert CostLine.objects.count() == len(found)


def test_a_service_has_lines_of_its_own_at_its_own_prices(conversation: Conversation, alice: User) -> None:
    save_prices(actor_for(alice), PRICES)
    service = make_provider(conversation.workspace, name="Cloud", chat_model="small", prices={"llm_reply": 4 * MILLION})
    use = Use("chat", service.public_id, "small", "Cloud", prompt_tokens=1_100, cached_tokens=900, reply_tokens=60)
    Turn.objects.filter(conversation=conversation, role="agent").update(used=msgspec.to_builtins((use,)))
    write_costs(conversation)
    rows = CostLine.objects.filter(conversation=conversation, component="llm").order_by("unit")
    assert [(row.unit, row.quantity, row.cost, row.service_name, row.model) for row in rows] == [
        ("cached token", 900.0, 0, "Cloud", "small"),
        ("prompt token", 200.0, 0, "Cloud", "small"),
        ("reply token", 60.0, 240, "Cloud", "small"),
    ]
    assert CostLine.objects.filter(component="asr", service="").get().cost == 1_000
    (component,) = [each for each in read_analysis(conversation).components if each.label == "Language model"]
    assert [(source.name, source.cost) for source in component.sources] == [("Cloud", 240)]


def test_the_carrier_is_paid_as_it_was(conversation: Conversation, alice: User) -> None:
    save_prices(actor_for(alice), PRICES)
    workspace, now = conversation.workspace, timezone.now()
    channel = Channel.objects.create(
        workspace=workspace, kind="twilio_messaging", name="Line", agent=conversation.agent
    )
    thread = thread_for(channel, "+353861234501", conversation.contact)
    OutboundMessage.objects.create(
        workspace=workspace, channel=channel, thread=thread, conversation=conversation, key="send:1", content={}
    )
    PhoneCall.objects.create(workspace=workspace, conversation=conversation, direction="transfer", key="transfer:1")
    PhoneCall.objects.create(
        workspace=workspace, conversation=conversation, direction="inbound", key="in", answered_at=now - timedelta(seconds=61),
        ended_at=now,
    )  # fmt: skip
    for key, what, cost in (("send:1", "sms", 80_000), ("transfer:1", "call", 100_000), ("other", "sms", 1)):
        Spending.objects.create(workspace=workspace, what=what, key=key, address="d", cost=cost, day=now.date())
    write_costs(conversation)
    found = {what: value for what, value in lines(conversation).items() if what[0] == "carrier"}
    assert found == {
        ("carrier", "message"): (1.0, 80_000),
        ("carrier", "call out"): (1.0, 100_000),
        ("carrier", "minute in"): (2.0, 17_000),
    }


def test_prices_that_are_not_understood_count_as_none(conversation: Conversation) -> None:
    PriceList.objects.create(workspace=conversation.workspace, prices={"asr_minute": "dear"})
    assert prices_of(conversation.workspace) == Prices()
    assert sum(used.cost for used in reckon(conversation, prices_of(conversation.workspace))) == 0
    with pytest.raises(msgspec.ValidationError):
        load_prices({"unheard_of": 1})


def test_only_an_owner_sets_prices_and_it_is_written_down(acme: Workspace, alice: User, bob: User) -> None:
    with pytest.raises(PermissionDenied):
        save_prices(actor_for(bob), PRICES)
    save_prices(actor_for(alice), PRICES)
    save_prices(actor_for(alice), msgspec.structs.replace(PRICES, gpu_hour=1))
    assert AuditEvent.objects.filter(verb="prices.edited").latest("pk").data == {"changed": ["gpu_hour"]}
