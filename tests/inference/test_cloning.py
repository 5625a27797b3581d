from __future__ import annotations

import pytest

from inference.cloning import MOST_SAMPLE_BYTES, MOST_SAMPLES, VoiceSample, clone_name, is_clone
from inference.errors import ProtocolError
from inference.events import MAX_MESSAGE_BYTES, Open, ToolResult, Up, decode_up, encode
from inference.nodes import FlowSpec, GoalNode, LanguageNode, Subflow
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec, cloned_voices

SPEC = AgentSpec("ag_1", "v1", "ws_1", "Ada", FlowSpec(start="goal", nodes=(GoalNode(id="goal", prompt=""),)))


def test_a_voice_is_named_after_its_sample() -> None:
    one, other = VoiceSample(b"RIFF one"), VoiceSample(b"RIFF other")
    assert one.name == clone_name(b"RIFF one") != other.name
    assert is_clone(one.name)
    assert not is_clone("heart")
    assert "RIFF" not in repr(one) + str(one)


MOST = (VoiceSample(bytes(MOST_SAMPLE_BYTES)),) * MOST_SAMPLES


@pytest.mark.parametrize("message", [Open(SPEC, "co_1", voices=MOST), ToolResult("c1", "{}", voices=MOST)])
def test_as_many_samples_as_there_may_be_fit_into_a_message(message: Up) -> None:
    data = encode(message)
    assert len(data) < MAX_MESSAGE_BYTES - 600_000
    assert decode_up(data) == message


@pytest.mark.parametrize(
    "voices", [(VoiceSample(bytes(MOST_SAMPLE_BYTES + 1)),), (VoiceSample(b"a"),) * (MOST_SAMPLES + 1)]
)
def test_more_is_refused(voices: tuple[VoiceSample, ...]) -> None:
    for message in (Open(SPEC, "co_1", voices=voices), ToolResult("c1", "{}", voices=voices)):
        with pytest.raises(ProtocolError, match="samples of voices"):
            decode_up(encode(message))


def test_the_cloned_voices_of_an_agent_are_its_own_its_languages_and_its_flows() -> None:
    def voice(name: str) -> VoiceSpec:
        return VoiceSpec("coqui", name)

    inner = Subflow("inner", start="l2", nodes=(LanguageNode("l2", "fr", "clone:d"), LanguageNode("l3", "it", "anna")))
    flow = FlowSpec("l1", (LanguageNode("l1", "de", "clone:c"), GoalNode("goal", "")), flows=(inner,))
    rows = (LanguageSpec("de", voice("clone:b")), LanguageSpec("fr", voice("clone:a")))
    spec = AgentSpec("ag_1", "v1", "ws_1", "Ada", flow, voice=voice("clone:a"), languages=rows)
    assert cloned_voices(spec) == ("clone:a", "clone:b", "clone:c", "clone:d")
    assert cloned_voices(SPEC) == ()
