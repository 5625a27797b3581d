from __future__ import annotations

import pytest

from inference.cloning import MOST_SAMPLE_BYTES, VoiceSample, clone_name, is_clone
from inference.errors import ProtocolError
from inference.events import MAX_MESSAGE_BYTES, Open, decode_up, encode
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec

SPEC = AgentSpec("ag_1", "v1", "ws_1", "Ada", FlowSpec(start="goal", nodes=(GoalNode(id="goal", prompt=""),)))


def test_a_voice_is_named_after_its_sample() -> None:
    one, other = VoiceSample(b"RIFF one"), VoiceSample(b"RIFF other")
    assert one.name == clone_name(b"RIFF one") != other.name
    assert is_clone(one.name)
    assert not is_clone("heart")
    assert "RIFF" not in repr(one) + str(one)


def test_the_longest_sample_fits_into_an_opening() -> None:
    opening = Open(SPEC, "co_1", voices=(VoiceSample(bytes(MOST_SAMPLE_BYTES)),))
    data = encode(opening)
    assert len(data) < MAX_MESSAGE_BYTES - 300_000
    assert decode_up(data) == opening


@pytest.mark.parametrize(
    "voices", [(VoiceSample(bytes(MOST_SAMPLE_BYTES + 1)),), (VoiceSample(b"a"), VoiceSample(b"b"))]
)
def test_more_is_refused(voices: tuple[VoiceSample, ...]) -> None:
    with pytest.raises(ProtocolError, match="sample of a voice"):
        decode_up(encode(Open(SPEC, "co_1", voices=voices)))
