from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from agents.engines import BUILT_IN, FRESH_KEY, EngineOffer, engine_menu, known_menu, read_offers
from tests.agents.conftest import WorkerStub


def test_a_worker_that_answers_fills_the_menu(worker: WorkerStub) -> None:
    menu = engine_menu()
    assert menu.live
    assert menu.voices() == [("hibari", "heart"), ("piper", "joe"), ("piper", "amy")]
    assert menu.chat_models() == ["default", "qwen"]
    assert menu.languages() == [("en", "English"), ("de", "German")]
    assert worker.asked == [("GET", "/status", "Bearer worker-token", b"")]


def test_it_is_asked_once_in_a_while(worker: WorkerStub) -> None:
    first, second = engine_menu(), engine_menu()
    assert first == second
    assert len(worker.asked) == 1


def test_without_a_worker_the_built_in_choices_stand() -> None:
    menu = engine_menu()
    assert (menu.live, menu.offers) == (False, BUILT_IN)
    assert menu.voices() == [("hibari", "heart")]


def test_a_voice_once_seen_is_known_when_the_worker_is_gone(worker: WorkerStub, settings: Any) -> None:
    engine_menu()
    cache.delete(FRESH_KEY)
    settings.PARLEY_WORKERS = ["http://127.0.0.1:9"]
    menu = engine_menu()
    assert not menu.live
    assert menu.knows_voice("piper", "amy")
    assert not menu.knows_voice("piper", "nobody")


def test_who_tries_a_draft_may_name_whatever_is_known(worker: WorkerStub) -> None:
    assert not known_menu().knows_model("qwen")
    assert worker.asked == [], "nobody is asked"
    engine_menu()
    assert known_menu().knows_model("qwen")
    assert known_menu().offers_voice("piper", "nobody"), "what is missing now is told by the call"


@pytest.mark.parametrize("engines", [None, "x", [3], [{"kind": 1}], [{}], {"a": 1}])
def test_a_worker_that_talks_nonsense_counts_as_silent(worker: WorkerStub, engines: Any) -> None:
    worker.engines = engines
    assert engine_menu().offers == BUILT_IN


def test_a_failing_worker_counts_as_absent(worker: WorkerStub) -> None:
    worker.status = 500
    assert not engine_menu().live


def test_read_offers_keeps_what_it_understands() -> None:
    assert read_offers(
        [{"kind": "k", "role": "synthesizer", "voices": ["a", 3], "languages": None}, {"kind": None}]
    ) == (EngineOffer("k", "synthesizer", "", (), ("a",)),)


def test_a_voice_speaks_the_languages_of_its_engine_as_far_as_anybody_knows(worker: WorkerStub) -> None:
    menu = engine_menu()
    assert menu.speaks("en-GB", "hibari")
    assert not menu.speaks("de", "hibari")
    assert menu.speaks("de", "provider:pv_x"), "nobody knows"
    worker.engines = [{**engine, "languages": []} for engine in worker.engines]
    cache.delete(FRESH_KEY)
    assert engine_menu().speaks("de", "hibari"), "it does not say so"


def test_without_a_worker_nobody_knows_who_speaks_what() -> None:
    assert engine_menu().speaks("de", "hibari")
