"""The compiled agent: canonical JSON, a stable digest, errors that say where."""

from __future__ import annotations

import json

import msgspec
import pytest

from inference.nodes import Edge, EndNode, FlowSpec, GoalNode, ToolSpec
from inference.spec import (
    AgentSpec,
    ModelSpec,
    Pronunciation,
    TurnSpec,
    VoiceSpec,
    decode_spec,
    encode_spec,
    spec_digest,
)

SPEC = AgentSpec(
    agent="ag_abc",
    version="vn_abc",
    workspace="ws_abc",
    name="Smile Dental reception",
    flow=FlowSpec(
        start="talk",
        nodes=(GoalNode("talk", "Help the caller.", ("book",)), EndNode("bye", "Goodbye.")),
        edges=(Edge("talk", "bye", "judged", "the caller says goodbye"),),
        tools=(ToolSpec("book", "Book an appointment."),),
    ),
    instructions="You are the receptionist. \N{LATIN SMALL LETTER E WITH ACUTE}",
    greeting="Hello!",
    voice=VoiceSpec("hibari", "heart", 1.1),
    models=ModelSpec(temperature=0.2),
    turns=TurnSpec(max_silence_ms=800),
    hints=("Smile Dental",),
    pronunciations=(Pronunciation("Nguyen", "win"),),
)


def test_a_spec_survives() -> None:
    assert decode_spec(encode_spec(SPEC)) == SPEC
    assert decode_spec(encode_spec(SPEC).decode()) == SPEC


def test_the_encoding_is_canonical() -> None:
    again = decode_spec(json.dumps(dict(reversed(json.loads(encode_spec(SPEC)).items()))))
    assert encode_spec(again) == encode_spec(SPEC)
    assert spec_digest(again) == spec_digest(SPEC)


def test_the_digest_changes_with_every_part() -> None:
    changed = [
        msgspec.structs.replace(SPEC, instructions=SPEC.instructions + " "),
        msgspec.structs.replace(SPEC, voice=VoiceSpec("hibari", "heart", 1.2)),
        msgspec.structs.replace(SPEC, hints=()),
        msgspec.structs.replace(SPEC, flow=FlowSpec("talk", SPEC.flow.nodes)),
    ]
    digests = {spec_digest(spec) for spec in [SPEC, *changed]}
    assert len(digests) == 5
    assert all(len(digest) == 64 for digest in digests)


def test_an_old_spec_gets_the_defaults_of_new_fields() -> None:
    old = {
        "agent": "a", "version": "v", "workspace": "w", "name": "n",
        "flow": {"start": "t", "nodes": [{"type": "goal", "id": "t", "prompt": "p"}]},
    }  # fmt: skip
    spec = decode_spec(json.dumps(old))
    assert (spec.language, spec.voice, spec.turns, spec.hints, spec.schema) == ("en", VoiceSpec(), TurnSpec(), (), 1)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("name",), 5, "$.name"),
        (("voice", "speed"), "fast", "$.voice.speed"),
        (("flow", "nodes", 0, "tools"), "book", "$.flow.nodes[0].tools"),
        (("flow", "nodes", 0, "type"), "wizard", "$.flow.nodes[0].type"),
        (("flow", "edges", 0, "kind"), "sometimes", "$.flow.edges[0].kind"),
        (("hints",), [1], "$.hints[0]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(path: tuple[str | int, ...], value: object, where: str) -> None:
    document = json.loads(encode_spec(SPEC))
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(msgspec.ValidationError) as refused:
        decode_spec(json.dumps(document))
    assert f"`{where}`" in str(refused.value)


@pytest.mark.parametrize("data", ["", "{", "[]", "null", "{}", b"\xff", '{"agent":"\\ud800"}'])
def test_what_is_no_spec_is_refused(data: str | bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_spec(data)


def test_a_spec_is_frozen_and_holds_no_secret_field() -> None:
    with pytest.raises(AttributeError):
        SPEC.name = "other"  # type: ignore[misc]
    assert not [name for name in AgentSpec.__struct_fields__ if "key" in name or "secret" in name or "token" in name]
