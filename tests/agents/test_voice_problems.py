from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.compile import compile_draft
from agents.engines import EngineMenu, EngineOffer, VoiceOffer
from agents.pages.builder_state import sources
from agents.pages.form import voice_options
from agents.surroundings import Surroundings
from inference.cloning import MOST_SAMPLES
from tests.agents.test_compile import codes, draft_of
from tests.support.flow_json import edge, flow_of, node

ANN, GONE = f"clone:{'a' * 32}", f"clone:{'f' * 32}"
MENU = EngineMenu(
    offers=(
        EngineOffer("whisper", "transcriber", "base", languages=("en", "de")),
        EngineOffer("llama_cpp", "chat", "qwen"),
        EngineOffer("hibari", "synthesizer", "hibari", languages=("en",), voices=("heart",)),
        EngineOffer("coqui", "synthesizer", "xtts", languages=("en", "de"), voices=("ana",), clones=True),
    ),
    live=True,
    cloned=(VoiceOffer(ANN, "Ann"),),
)
NOBODY = replace(MENU, offers=MENU.offers[:3], known=MENU.offers[:3])
"""No worker clones, or ever did."""


def own(voice: str, engine: str = "coqui") -> dict[str, Any]:
    return {"voice_engine": engine, "voice_name": voice}


def row(voice: str) -> dict[str, Any]:
    return {"languages": [{"language": "de", "voice": voice}], **own("ana")}


def step(voice: str) -> dict[str, Any]:
    nodes = [node("language", language="de", voice=voice), node("end")]
    return {"flow": flow_of(nodes, [edge("start", "language"), edge("language", "end")]), **own("ana")}


def test_a_cloned_voice_stands_among_those_of_an_engine_that_clones() -> None:
    assert MENU.voices() == [("hibari", "heart"), ("coqui", "ana"), ("coqui", ANN)]
    assert MENU.cloning() == ("coqui",)
    assert MENU.voice_shown(ANN) == "Ann"
    options = voice_options(draft_of(**own(ANN)), MENU)
    assert [(o.value, o.label, o.group, o.selected) for o in options][-1] == (f"coqui/{ANN}", "Ann", "coqui", True)
    listed = sources(Surroundings(MENU), draft_of().agent)["voices"]
    assert {"value": f"coqui/{ANN}", "label": "Ann", "group": "coqui"}.items() <= listed[-1].items()
    gone = voice_options(draft_of(**own(GONE)), MENU)
    assert [(o.label, o.selected) for o in gone][0] == ("a voice that was deleted", True)


@pytest.mark.parametrize("values", [own(ANN), row(f"coqui/{ANN}"), step(f"coqui/{ANN}")])
def test_it_may_be_chosen_wherever_a_voice_is(values: dict[str, Any]) -> None:
    assert codes(draft_of(**values), MENU) == []
    assert compile_draft(draft_of(**values), menu=MENU)


@pytest.mark.parametrize(
    ("values", "node_id", "field"),
    [
        (own(GONE), "", "voice_name"),
        (row(f"coqui/{GONE}"), "", "languages"),
        (step(f"coqui/{GONE}"), "language", "voice"),
    ],
)
def test_one_that_is_gone_is_said_so(values: dict[str, Any], node_id: str, field: str) -> None:
    assert (node_id, field, "voice_gone", "error") in codes(draft_of(**values), MENU)


def test_an_engine_that_does_not_clone_is_said_so() -> None:
    refused = ("", "voice_name", "voice_not_cloned", "error")
    assert codes(draft_of(**own(ANN, "hibari")), MENU) == [refused]
    assert codes(draft_of(**own(ANN, "provider:pv_1")), MENU)[0] == refused
    assert refused in codes(draft_of(**own(ANN)), NOBODY)


def test_while_the_worker_that_clones_is_away_the_draft_stays_good() -> None:
    away = replace(NOBODY, known=MENU.offers)
    assert codes(draft_of(**own(ANN)), away) == [("", "voice_name", "voice_not_running", "warning")]
    silent = replace(away, live=False)
    assert codes(draft_of(**own(ANN)), silent) == []
    assert silent.cloning() == ()


def test_an_agent_names_so_many_and_no_more() -> None:
    names = [f"clone:{number:032x}" for number in range(MOST_SAMPLES + 1)]
    menu = replace(MENU, cloned=tuple(VoiceOffer(name, name[-4:]) for name in names))
    languages = [
        {"language": code, "voice": f"coqui/{name}"}
        for code, name in zip(("de", "de-AT", "de-CH", "de-LU"), names[1:], strict=True)
    ]
    found = codes(draft_of(languages=languages, **own(names[0])), menu)
    assert found == [("", "languages", "too_many_voices", "error")]
    assert codes(draft_of(languages=languages[:-1], **own(names[0])), menu) == []
