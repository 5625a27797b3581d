"""The wire: every message survives a round trip, and nothing else gets through."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import ProtocolError
from inference.events import (
    MAX_AUDIO_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_NODE_CHARS,
    MAX_TEXT_CHARS,
    Audio,
    Close,
    Control,
    ConversationState,
    Down,
    Dtmf,
    Heard,
    Interrupted,
    Media,
    Message,
    Open,
    Playback,
    Span,
    Text,
    Timing,
    Up,
    decode_down,
    decode_up,
    encode,
)
from inference.live_state import LiveState
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec

SPEC = AgentSpec(
    agent="ag_1", version="vn_1", workspace="ws_1", name="A", flow=FlowSpec("n", (GoalNode("n", "Help."),))
)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, as the wire declares it."""
    match kind:
        case msgspec.inspect.StructType(cls=cls):
            return structs_of(cls)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of([values_of(each) for each in types])
        case msgspec.inspect.VarTupleType(item_type=item):
            return st.lists(values_of(item), max_size=3).map(tuple)
        case msgspec.inspect.TupleType(item_types=types):
            return st.tuples(*(values_of(each) for each in types))
        case msgspec.inspect.DictType(value_type=msgspec.inspect.AnyType()):
            return st.dictionaries(st.text(max_size=5), JSON, max_size=3)
        case msgspec.inspect.DictType(value_type=value):
            return st.dictionaries(st.text(max_size=5), values_of(value), max_size=3)
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        msgspec.inspect.StrType: st.text(max_size=30),
        msgspec.inspect.IntType: INTEGERS,
        msgspec.inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
        msgspec.inspect.BoolType: st.booleans(),
        msgspec.inspect.BytesType: st.binary(max_size=64),
        msgspec.inspect.NoneType: st.none(),
    }
    return plain[type(kind)]


def structs_of(cls: type[Any]) -> st.SearchStrategy[Any]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    return st.builds(cls, **{field.name: values_of(field.type) for field in info.fields})


def allowed(message: Up) -> bool:
    match message:
        case Audio(pcm=pcm):
            return len(pcm) % 2 == 0
        case Open(media=media, listen_only=listen_only):
            heard = media.kind == "voice" or not listen_only
            return heard and {media.rate_in, media.rate_out} <= {8000, 16000, 24000, 48000}
        case Control(action="owner", text=text):
            return text in ("ai", "human")
        case _:
            return True


@pytest.mark.parametrize("cls", get_args(Up), ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_what_goes_up_comes_out(cls: type[Any], data: st.DataObject) -> None:
    message = data.draw(structs_of(cls))
    if allowed(message):
        assert decode_up(encode(message)) == message
    else:
        with pytest.raises(ProtocolError):
            decode_up(encode(message))


@pytest.mark.parametrize("cls", get_args(Down), ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_what_goes_down_comes_out(cls: type[Any], data: st.DataObject) -> None:
    message = data.draw(structs_of(cls))
    assert decode_down(encode(message)) == message


@given(data=st.binary(max_size=200))
@settings(deadline=None)
def test_garbage_is_refused_and_nothing_else_is_raised(data: bytes) -> None:
    for decode in (decode_up, decode_down):
        try:
            message = decode(data)
        except ProtocolError:
            continue
        assert isinstance(message, get_args(Up) + get_args(Down))


@given(data=st.data(), flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
@settings(deadline=None)
def test_damaged_messages_raise_nothing_else(data: st.DataObject, flips: list[tuple[int, int]]) -> None:
    messages: list[Up] = [Open(SPEC, "cv_1"), Text("hello", "m1"), Audio(b"\1\2" * 160), Playback(3, 4800)]
    message = data.draw(st.sampled_from(messages))
    damaged = bytearray(encode(message))
    for position, byte in flips:
        damaged[position % len(damaged)] = byte
    try:
        decode_up(bytes(damaged))
    except ProtocolError as error:
        assert error.code == "protocol"
        assert error.permanent


def packed(**fields: Any) -> bytes:
    return msgspec.msgpack.encode(fields)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        packed(),
        packed(type="nothing"),
        packed(type=7),
        packed(type="text"),
        packed(type="text", text=5),
        packed(type="text", text=b"bytes"),
        packed(type="text", text="a", turn="one"),
        packed(type="text", text="a", turn=1.5),
        packed(type="audio", pcm="text"),
        packed(type="audio", pcm=[1, 2]),
        packed(type="playback", turn=1),
        packed(type="control", action="explode"),
        packed(type="open", spec={}, conversation="cv"),
        packed(type="heard", turn=1, text="a message that only goes down"),
        encode(Close())[:-1],
        encode(Close()) + b"\x00",
        b"\x82\xa4type\xa4text\xa4text\xa2\xff\xfe",
        b"\x82\xa4type\xa4text\xa4text\xa3\xed\xa0\x80",
        encode(Audio(b"\0" * (MAX_AUDIO_BYTES + 2))),
        encode(Audio(b"\0\0\0")),
        encode(Text("a" * (MAX_TEXT_CHARS + 1))),
        encode(Control("say", "a" * (MAX_TEXT_CHARS + 1))),
        encode(Control("owner", "ai", "n" * (MAX_NODE_CHARS + 1))),
        encode(Control("owner", "robot")),
        encode(Open(SPEC, "cv", Media("text"), listen_only=True)),
        encode(Open(SPEC, "cv", Media("voice", 44100, 24000))),
        encode(Open(SPEC, "cv", Media("voice", 16000, 0))),
        encode(Close("a" * MAX_MESSAGE_BYTES)),
        b"\x91" * 100_000,
        b"\x82\xa4type\xa4open\xa4spec" + b"\x81\xa1a" * 100_000,
    ],
    ids=range(32),
)
def test_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_up(data)


def test_deep_nesting_in_the_free_part_of_the_state_is_refused() -> None:
    plain = encode(Open(SPEC, "cv", state=ConversationState(variables={"a": "HERE"})))
    deep = plain.replace(b"\xa4HERE", b"\x91" * 200_000 + b"\x01")
    assert deep != plain
    with pytest.raises(ProtocolError):
        decode_up(deep)


def test_the_limits_themselves_are_allowed() -> None:
    assert decode_up(encode(Audio(b"\0" * MAX_AUDIO_BYTES))) == Audio(b"\0" * MAX_AUDIO_BYTES)
    assert decode_up(encode(Text("ä" * MAX_TEXT_CHARS))) == Text("ä" * MAX_TEXT_CHARS)
    assert decode_up(encode(Text("a\0b"))) == Text("a\0b")


def test_fields_of_a_later_version_are_ignored() -> None:
    assert decode_up(packed(type="dtmf", digit="5", colour="red")) == Dtmf("5")


def test_lone_surrogates_cannot_be_sent() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode(Text("\ud800"))


def test_audio_is_binary_on_the_wire() -> None:
    pcm = bytes(range(256)) * 2
    assert pcm in encode(Audio(pcm))
    assert len(encode(Audio(pcm))) < len(pcm) + 32


def test_tags_are_the_names_of_the_protocol_page() -> None:
    tags = {cls.__struct_config__.tag for cls in (*get_args(Up), *get_args(Down))}
    assert tags == {
        "open", "audio", "text", "dtmf", "playback", "tool_result", "control", "close",
        "ready", "speech_started", "floor", "partial", "heard", "reply_text", "reply_audio", "reply_done", "interrupted",
        "tool_call", "entered", "language_changed", "state", "timing", "failed",
    }  # fmt: skip


def test_messages_are_frozen_and_say_their_turn() -> None:
    for cls in (*get_args(Up), *get_args(Down)):
        assert cls.__struct_config__.frozen
        assert "turn" in cls.__struct_fields__
    with pytest.raises(AttributeError):
        Interrupted(3).turn = 4  # type: ignore[misc]


def test_a_waterfall_and_a_state_survive() -> None:
    timing = Timing(2, (Span("end of turn", 160.25), Span("voice", 12.0)), speech_end=48000, cached_tokens=336)
    assert decode_down(encode(timing)) == timing
    state = ConversationState(
        "n", {"name": "Ann", "party": 4}, (Message("user", "hi"), Message("assistant", "yes")), 2, True
    )
    resumed = decode_up(encode(Open(SPEC, "cv_1", state=state)))
    assert isinstance(resumed, Open)
    assert resumed.state == state
    assert decode_down(encode(Heard(1, "hi", confidence=0.5))) == Heard(1, "hi", confidence=0.5)


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_a_state_survives_json_and_a_worker(data: st.DataObject) -> None:
    state = data.draw(structs_of(ConversationState))
    assert msgspec.json.decode(msgspec.json.encode(state), type=ConversationState) == state
    resumed = LiveState.resume(state, SPEC).snapshot()
    again = msgspec.json.decode(msgspec.json.encode(resumed), type=ConversationState)
    assert again == resumed
    assert (again.owner, again.instructions, again.misses) == (state.owner, state.instructions, state.misses)
    assert 0 <= again.unfollowed <= len(again.instructions)
