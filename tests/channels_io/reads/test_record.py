from __future__ import annotations

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from channels_io.api.serializers import RecordSerializer
from channels_io.entries import EventEntry
from channels_io.models import Event
from channels_io.reads.export import export_record
from channels_io.reads.percentile import percentile
from channels_io.reads.record import TurnRecord, read_record, unheard
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import EXCHANGES, Said, make_conversation


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    agent = make_agent(acme)
    publish(agent)
    return agent


@pytest.mark.parametrize(
    ("heard", "written", "rest"),
    [
        ("We open at", "We open at nine. Shall I book?", "nine. Shall I book?"),
        ("We  open\nat", "We open at nine.", "nine."),
        ("We open at…", "We open at nine.", "nine."),
        ("", "We open at nine.", "We open at nine."),
        ("We open at nine.", "We open at nine.", ""),
        ("Something else", "We open at nine.", "We open at nine."),
        ("", "", ""),
    ],
)
def test_what_was_not_heard(heard: str, written: str, rest: str) -> None:
    assert unheard(heard, written) == rest


@pytest.mark.parametrize(
    ("values", "fraction", "result"),
    [
        ([], 0.5, None),
        ([7.0], 0.95, 7.0),
        ([1.0, 3.0], 0.5, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.5),
        ([1.0, 2.0], 1.0, 2.0),
    ],
)
def test_percentiles_are_interpolated(values: list[float], fraction: float, result: float | None) -> None:
    assert percentile(values, fraction) == result


def test_items_stand_in_the_order_of_the_call(agent: Agent) -> None:
    more = [
        EventEntry(seq=90, kind="tool_call", data={"name": "find"}, at_ms=5500),
        EventEntry(seq=91, kind="worker_back", at_ms=999_999),
        EventEntry(seq=89, kind="reconnected", at_ms=0),
    ]
    (leg,) = read_record(make_conversation(agent, exchanges=EXCHANGES[:1], more=more)).legs
    shown = [item.turn.role if isinstance(item, TurnRecord) else item.kind for item in leg.items]
    assert shown == ["reconnected", "agent", "caller", "tool_call", "agent", "worker_back"]


def test_an_interruption_is_told_by_its_turn(agent: Agent) -> None:
    (leg,) = read_record(make_conversation(agent)).legs
    assert [event.kind for event in leg.events] == ["interrupted"]
    assert not [item for item in leg.items if isinstance(item, Event)]
    cut = [record for record in leg.turns if record.turn.cut]
    assert [record.unheard for record in cut] == ["forty minutes, and you can pay by card or in cash."]


def test_the_figures_of_a_call(agent: Agent) -> None:
    record = read_record(make_conversation(agent))
    assert (len(record.turns), len(record.timed)) == (9, 3)
    assert (record.p50, record.p95) == (564.5, pytest.approx(785.45))
    assert record.cached_share == pytest.approx((364 + 376 + 376 + 400) / (372 + 384 + 396 + 408))
    assert record.turns[-1].wait_ms == 250.0


def test_legs_stand_in_their_order(agent: Agent) -> None:
    first = make_conversation(agent, exchanges=EXCHANGES[:1])
    second = make_conversation(agent, exchanges=EXCHANGES[3:], kind="web_chat", media="text", conversation=first)
    record = read_record(second)
    assert [leg.leg.kind for leg in record.legs] == ["browser_voice", "web_chat"]
    assert [(each.kind, each.value) for each in record.identities] == [("visitor", "v_test")]


def test_export_has_the_documented_shape(agent: Agent) -> None:
    failure = EventEntry(seq=90, kind="failed", data={"code": "x"}, at_ms=3)
    record = read_record(make_conversation(agent, recorded=True, more=[failure]))
    exported = export_record(record)
    data = json.loads(json.dumps(exported, cls=DjangoJSONEncoder))
    checked = RecordSerializer(data=data)
    assert checked.is_valid(), checked.errors
    documented = RecordSerializer(exported).data
    assert shape(documented) == shape(data)
    (leg,) = data["legs"]
    assert (leg["version"]["number"], leg["draft"], leg["media"]) == (1, False, "voice")
    assert leg["recording"]["url"].endswith(f"/legs/{leg['id']}/recording.wav")
    assert leg["turns"][4]["text"] == "A cleaning is eighty dollars. It takes about"
    assert leg["turns"][4]["timing"]["spans"][1] == {"name": "recognition", "start_ms": 148.0, "ms": 81.0}
    assert leg["turns"][0]["timing"] is None
    assert data["state"]["turn"] == 4
    assert data["summary"]["v2v_p50_ms"] == 564.5


def test_a_draft_test_is_marked(agent: Agent) -> None:
    assert agent.published is not None
    exported = export_record(read_record(make_conversation(agent, running=agent.published.agent_spec())))
    assert (exported["legs"][0]["version"], exported["legs"][0]["draft"]) == (None, True)


def shape(value: object) -> object:
    """Names and nesting, without values."""
    if isinstance(value, dict):
        return {str(key): shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return None


def test_queries_do_not_grow_with_the_call(agent: Agent) -> None:
    short = make_conversation(agent, exchanges=EXCHANGES[:1])
    long = make_conversation(agent, exchanges=EXCHANGES * 6)
    for _ in range(3):
        make_conversation(agent, exchanges=(Said("More", "Yes.", (10.0,)),), conversation=long)
    counts = []
    for conversation in (short, long):
        with CaptureQueriesContext(connection) as queries:
            export_record(read_record(conversation))
        counts.append(len(queries))
    assert counts == [10, 10]
