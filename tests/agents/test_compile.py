from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.compile import compile_draft, find_problems
from agents.engines import EngineMenu, EngineOffer, ServiceOffer
from agents.models import Agent, Draft
from agents.problems import CompileError
from agents.prompt import HEAD_TOKENS, RULES
from agents.starters import STARTERS
from agents.text import estimate_tokens
from inference.nodes import FlowSpec, GoalNode
from inference.spec import (
    AgentSpec,
    LanguageSpec,
    ModelSpec,
    Pronunciation,
    VoiceSpec,
    decode_spec,
    encode_spec,
    spec_digest,
)
from parley.accounts.models import Workspace
from tests.support.flow_json import edge, flow_of, node

GOOD: dict[str, Any] = {"instructions": "Open on Saturday from 9 am.", "greeting": "Hello."}

PIPER = EngineMenu(
    offers=(
        EngineOffer("whisper", "transcriber", "base", languages=("en", "de")),
        EngineOffer("llama_cpp", "chat", "qwen"),
        EngineOffer("piper", "synthesizer", "joe", voices=("joe",)),
    ),
    live=True,
)


def draft_of(name: str = "Reception", **values: Any) -> Draft:
    """A draft that was never saved: compile needs no database."""
    workspace = Workspace(name="Acme", slug="acme", public_id="ws_aaaaaaaaaaaaaaaaaaaa")
    agent = Agent(name=name, slug="reception", public_id="ag_aaaaaaaaaaaaaaaaaaaa", workspace=workspace)
    return Draft(agent=agent, **{**GOOD, **values})


def codes(draft: Draft, menu: EngineMenu | None = None) -> list[tuple[str, str, str, str]]:
    return [(p.node, p.field, p.code, p.severity) for p in find_problems(draft, menu=menu)]


def test_the_whole_spec() -> None:
    draft = draft_of(
        persona="You are Mia.",
        hints=["Novak"],
        pronunciations=[{"written": "Dr.", "spoken": "Doctor"}],
        record_audio=True,
        consent="This call is recorded.",
        voice_speed=1.1,
        temperature=0.4,
        max_tokens=90,
    )
    assert compile_draft(draft, version="vn_x") == AgentSpec(
        agent="ag_aaaaaaaaaaaaaaaaaaaa",
        version="vn_x",
        workspace="ws_aaaaaaaaaaaaaaaaaaaa",
        name="Reception",
        flow=FlowSpec(start="goal", nodes=(GoalNode(id="goal", prompt=""),)),
        instructions=f"You are Mia.\n\nOpen on Saturday from 9 am.\n\n{RULES}",
        greeting="This call is recorded. Hello.",
        language="en",
        voice=VoiceSpec(engine="hibari", name="heart", speed=1.1, language="en"),
        models=ModelSpec(chat="default", transcriber="default", temperature=0.4, max_tokens=90),
        hints=("Novak",),
        pronunciations=(Pronunciation("Dr.", "Doctor"),),
        recording=True,
    )


def test_same_draft_same_bytes() -> None:
    first, second = compile_draft(draft_of()), compile_draft(draft_of())
    assert encode_spec(first) == encode_spec(second)
    assert spec_digest(first) == spec_digest(second)
    assert spec_digest(compile_draft(draft_of(greeting="Hi."))) != spec_digest(first)


def test_consent_is_spoken_only_when_recording() -> None:
    spec = compile_draft(draft_of(record_audio=False, consent="Recorded."))
    assert (spec.greeting, spec.recording) == ("Hello.", False)


def test_a_numbers_type_does_not_change_the_bytes() -> None:
    assert encode_spec(compile_draft(draft_of(voice_speed=1))) == encode_spec(compile_draft(draft_of(voice_speed=1.0)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"instructions": "  "}, [("goal", "instructions", "required", "error")]),
        ({"instructions": "x" * 12_001}, [("goal", "instructions", "too_long", "error")]),
        ({"instructions": "a\x00b"}, [("goal", "instructions", "control_character", "error")]),
        ({"greeting": "hi \ud800"}, [("", "greeting", "control_character", "error")]),
        ({"greeting": ""}, [("", "greeting", "greeting_empty", "warning")]),
        ({"greeting": "x" * 201}, [("", "greeting", "greeting_long", "warning")]),
        ({"greeting": "x" * 501}, [("", "greeting", "too_long", "error")]),
        ({"record_audio": True, "consent": " "}, [("", "consent", "consent_missing", "error")]),
        ({"record_audio": False, "consent": ""}, []),
        ({"temperature": 1.6}, [("", "temperature", "out_of_range", "error")]),
        ({"max_tokens": 5}, [("", "max_tokens", "out_of_range", "error")]),
        ({"voice_speed": 3.0}, [("", "voice_speed", "out_of_range", "error")]),
        ({"voice_name": "nobody"}, [("", "voice_name", "voice_unknown", "error")]),
        ({"voice_engine": "nothing"}, [("", "voice_name", "voice_unknown", "error")]),
        ({"chat_model": "gpt-99"}, [("", "chat_model", "model_unknown", "error")]),
        ({"language": "klingon!"}, [("", "language", "language_unknown", "error")]),
        ({"language": ""}, [("", "language", "required", "error")]),
        ({"hints": ["x"] * 101}, [("", "hints", "too_many", "error")]),
        ({"hints": "no list"}, [("", "hints", "not_a_list", "error")]),
        (
            {"pronunciations": [{"written": "Same", "spoken": "Same"}]},
            [("", "pronunciations", "no_effect", "warning")],
        ),
        ({"instructions": "word " * 1_300}, [("goal", "instructions", "prompt_long", "warning")]),
        ({"instructions": "a b " * 2_900}, [("goal", "instructions", "prompt_too_long", "error")]),
    ],
)
def test_problems(values: dict[str, Any], expected: list[tuple[str, str, str, str]]) -> None:
    assert codes(draft_of(**values)) == expected


def test_all_problems_at_once() -> None:
    with pytest.raises(CompileError) as error:
        compile_draft(draft_of(name="", instructions="", temperature=9.0))
    found = [(problem.node, problem.field) for problem in error.value.problems]
    assert found == [("", "name"), ("", "temperature"), ("goal", "instructions")]


def test_warnings_do_not_stop() -> None:
    assert compile_draft(draft_of(greeting="")).greeting == ""


def test_the_running_worker_decides_what_is_on_offer() -> None:
    assert codes(draft_of(), PIPER) == [("", "voice_name", "voice_not_running", "warning")]
    assert codes(draft_of(voice_engine="piper", voice_name="joe"), PIPER) == []
    assert codes(draft_of(voice_engine="piper", voice_name="joe")) == [("", "voice_name", "voice_unknown", "error")]
    assert codes(draft_of(voice_engine="piper", voice_name="joe", chat_model="qwen"), PIPER) == []
    german = draft_of(voice_engine="piper", voice_name="joe", language="de-AT")
    assert codes(german, PIPER) == []
    assert compile_draft(german, menu=PIPER).instructions.endswith("Speak German.")
    french = draft_of(voice_engine="piper", voice_name="joe", language="fr")
    assert codes(french, PIPER) == [("", "language", "language_not_heard", "warning")]


def test_the_recogniser_of_the_agent_has_to_understand_its_language_not_any_other() -> None:
    english = EngineOffer("faster_whisper", "transcriber", "whisper-tiny.en", languages=("en",))
    menu = replace(PIPER, offers=(*PIPER.offers, english))
    german = {"voice_engine": "piper", "voice_name": "joe", "language": "de"}
    assert codes(draft_of(**german), menu) == []
    unheard = draft_of(**german, transcriber="whisper-tiny.en")
    assert codes(unheard, menu) == [("", "language", "language_not_heard", "warning")]


SPEAKING = EngineMenu(
    offers=(
        *PIPER.offers[:2],
        EngineOffer("hibari", "synthesizer", "hibari", languages=("en",), voices=("heart",)),
        EngineOffer("coqui", "synthesizer", "xtts", languages=("en", "de"), voices=("anna",)),
    ),
    live=True,
)


def rows(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"language": language, "voice": voice} for language, voice in pairs]


def test_other_languages_have_their_voices() -> None:
    draft = draft_of(languages=rows(("de", "coqui/anna"), ("fr", "")), notices_language=True, voice_speed=1.1)
    spec = compile_draft(draft, menu=SPEAKING)
    assert spec.languages == (
        LanguageSpec("de", VoiceSpec("coqui", "anna", 1.1, "de")),
        LanguageSpec("fr", VoiceSpec("hibari", "heart", 1.1, "fr")),
    )
    assert spec.notices_language
    assert spec.instructions.endswith("Speak English until you are told to speak another language, then speak that.")
    assert not compile_draft(draft_of(notices_language=True)).notices_language


def test_a_flow_that_changes_the_language_needs_a_head_that_allows_it() -> None:
    flow = flow_of([node("language", language="de"), node("end")], [edge("start", "language"), edge("language", "end")])
    assert "until you are told" in compile_draft(draft_of(flow=flow)).instructions
    assert "until you are told" not in compile_draft(draft_of()).instructions


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"languages": rows(("de", "coqui/anna"))}, []),
        ({"languages": rows(("de", ""))}, [("", "languages", "language_not_spoken", "warning")]),
        ({"languages": rows(("de", "hibari/heart"))}, [("", "languages", "language_not_spoken", "warning")]),
        (
            {"languages": rows(("fr", "coqui/anna"))},
            [
                ("", "languages", "language_not_heard", "warning"),
                ("", "languages", "language_not_spoken", "warning"),
            ],
        ),
        ({"languages": rows(("de", "coqui/nobody"))}, [("", "languages", "voice_unknown", "error")]),
        ({"languages": rows(("en", ""))}, [("", "languages", "repeated", "error")]),
        ({"languages": rows(("klingon!", ""))}, [("", "languages", "language_unknown", "error")]),
        ({"languages": rows(("", "coqui/anna"))}, [("", "languages", "required", "error")]),
        (
            {"languages": rows(("de", "coqui/anna"), ("de", "coqui/anna"))},
            [("", "languages", "repeated", "error")],
        ),
        ({"languages": "de"}, [("", "languages", "not_a_list", "error")]),
        ({"notices_language": True}, [("", "notices_language", "nothing_to_notice", "warning")]),
        ({"language": "de"}, [("", "voice_name", "language_not_spoken", "warning")]),
    ],
)
def test_problems_of_languages(values: dict[str, Any], expected: list[tuple[str, str, str, str]]) -> None:
    assert codes(draft_of(**values), SPEAKING) == expected


def test_a_service_does_not_say_which_language_was_spoken() -> None:
    service = ServiceOffer("provider:pv_x", "Ours", transcriber=True)
    draft = draft_of(languages=rows(("de", "coqui/anna")), notices_language=True, transcriber="provider:pv_x")
    found = codes(draft, replace(SPEAKING, services=(service,)))
    assert found == [("", "notices_language", "not_noticed", "warning")]


@pytest.mark.parametrize("key", STARTERS)
def test_every_starter_but_the_blank_one_can_be_published(key: str) -> None:
    draft = draft_of(**{"instructions": "", **STARTERS[key].content})
    expected = [("goal", "instructions", "required", "error")] if key == "blank" else []
    assert codes(draft) == expected


@pytest.mark.parametrize("key", [key for key in STARTERS if key != "blank"])
def test_starters_are_short_enough_for_a_quick_first_turn(key: str) -> None:
    spec = compile_draft(draft_of(**STARTERS[key].content))
    assert estimate_tokens(spec.instructions) <= 500 < HEAD_TOKENS


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.lists(st.text(max_size=5), max_size=4),
)


@given(
    persona=st.text(st.characters()),
    instructions=st.text(st.characters()),
    greeting=st.text(st.characters()),
    hints=st.lists(st.text(st.characters()), max_size=5),
    temperature=st.floats(),
)
def test_any_text_compiles_or_is_a_problem(**values: Any) -> None:
    compiles_or_explains(lambda: draft_of(**values))


@given(
    st.dictionaries(
        st.sampled_from(["persona", "hints", "pronunciations", "languages", "max_tokens", "language"]), anything
    )
)
def test_any_type_compiles_or_is_a_problem(values: dict[str, Any]) -> None:
    compiles_or_explains(lambda: draft_of(**values))


def compiles_or_explains(build: Callable[[], Draft]) -> None:
    try:
        spec = compile_draft(build())
    except CompileError as error:
        assert error.problems
        assert all(p.field and p.code and p.message and p.severity == "error" for p in error.problems)
    else:
        assert decode_spec(encode_spec(spec)) == spec
        assert encode_spec(compile_draft(build())) == encode_spec(spec)
