"""Who is paid for what: no database."""

from __future__ import annotations

from agents.service_prices import ServicePrices
from channels_io.after.cost import charged
from channels_io.after.work import OwnWork, TurnWork, work_of
from inference.used import Use

MILLION = 1_000_000
HEARD = Use("transcriber", "pv_1", "whisper", "Cloud", audio_ms=4_500)
THOUGHT = Use("chat", "pv_1", "small", "Cloud", prompt_tokens=1_000, cached_tokens=600, reply_tokens=40)
SAID = Use("synthesizer", "pv_1", "kokoro", "Cloud", characters=120)


def caller(*used: Use) -> TurnWork:
    return TurnWork("caller", seconds=3.0, characters=30, used=used)


def agent(*used: Use) -> TurnWork:
    return TurnWork(
        "agent", seconds=6.0, characters=120, prompt_tokens=1_000, cached_tokens=600, reply_tokens=40, used=used
    )


def test_without_services_all_is_our_own_work() -> None:
    own = OwnWork(3.0, 6.0, 120, 1_000, 600, 40)
    assert work_of([caller(), agent()]).own == own
    named = work_of([caller(Use("transcriber", "", "tiny")), agent(Use("chat", "", "qwen"), Use("synthesizer"))])
    assert (named.own, named.services) == (own, ())


def test_what_services_did_is_theirs_as_they_were_metered() -> None:
    work = work_of([caller(HEARD), agent(THOUGHT, SAID), caller(HEARD), agent(THOUGHT, SAID)])
    assert work.own == OwnWork()
    assert [(use.stage, use.audio_ms, use.prompt_tokens, use.characters) for use in work.services] == [
        ("transcriber", 9_000, 0, 0),
        ("chat", 0, 2_000, 0),
        ("synthesizer", 0, 0, 240),
    ]


def test_a_turn_that_failed_over_is_paid_to_whoever_answered() -> None:
    """In the second turn the service was away: our own engines recognised, thought and spoke."""
    own = (Use("chat", "", "qwen", prompt_tokens=900, reply_tokens=30), Use("synthesizer", "", "hibari", characters=90))
    work = work_of([caller(HEARD), agent(THOUGHT, SAID), caller(Use("transcriber", "", "tiny")), agent(*own)])
    assert work.own == OwnWork(3.0, 6.0, 120, 1_000, 600, 40)
    assert work.services == (HEARD, THOUGHT, SAID)


def test_a_turn_that_two_have_shared_is_paid_in_parts() -> None:
    """The service chose the way and said the first clause; then it broke off, and ours went on."""
    choice = Use("chat", "pv_1", "small", "Cloud", prompt_tokens=100, reply_tokens=1)
    ours = Use("chat", "", "qwen", prompt_tokens=900, cached_tokens=600, reply_tokens=39)
    voices = (Use("synthesizer", "pv_1", "kokoro", characters=30), Use("synthesizer", "", "hibari", characters=90))
    work = work_of([agent(choice, ours, *voices)])
    assert (work.own.prompt_tokens, work.own.cached_tokens, work.own.reply_tokens) == (900, 600, 39)
    assert (work.own.characters, work.own.said) == (90, 4.5)


def test_a_sentence_that_was_at_hand_and_a_persons_words_cost_nobody_anything() -> None:
    at_hand = TurnWork("agent", seconds=2.0, characters=40, used=(Use("synthesizer", "pv_1", "kokoro"),))
    person = TurnWork("human", seconds=9.0, characters=80)
    typed = TurnWork("caller", source="text", seconds=1.0)
    assert work_of([at_hand, person, typed]).own == OwnWork()


def test_a_service_is_paid_by_its_prices() -> None:
    prices = ServicePrices(
        llm_prompt=MILLION,
        llm_cached=MILLION // 10,
        llm_reply=2 * MILLION,
        asr_minute=6_000,
        tts_characters=15 * MILLION,
    )
    costs = {
        (used.component.value, used.unit): used.cost for use in (HEARD, THOUGHT, SAID) for used in charged(use, prices)
    }
    assert {what: round(cost, 3) for what, cost in costs.items()} == {
        ("asr", "second"): 450.0,
        ("llm", "prompt token"): 400.0,
        ("llm", "cached token"): 60.0,
        ("llm", "reply token"): 80.0,
        ("tts", "character"): 1_800.0,
    }


def test_a_service_without_a_price_for_its_cache_takes_the_full_one() -> None:
    prices = ServicePrices(llm_prompt=MILLION)
    assert [round(used.cost) for used in charged(THOUGHT, prices)] == [400, 600, 0]
