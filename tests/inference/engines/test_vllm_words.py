"""What is said to vLLM: settings, what binds a reply, which heads are due, what its steps tell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from inference.engines.base import ChatOptions
from inference.engines.vllm_bound import listed, structure
from inference.engines.vllm_heads import Heads
from inference.engines.vllm_seats import BACKGROUND, GUESS, LIVE, Seats, priority
from inference.engines.vllm_settings import Settings, engine_arguments, environment
from inference.engines.vllm_stats import Step, first_token, refused, step_of, stepped, woke
from inference.engines.vllm_tools import MarkedReading, readings
from inference.errors import EngineError, UnknownEngine
from inference.metrics import exposition


def arguments(gpu: bool = True, capacity: int = 8, **values: str | int | float) -> dict[str, object]:
    return engine_arguments(Settings.of(values), path="/m", capacity=capacity, gpu=gpu)


def test_settings_become_arguments() -> None:
    plain = arguments()
    assert (plain["model"], plain["max_model_len"], plain["max_num_seqs"]) == ("/m", 4096, 8)
    assert plain["scheduling_policy"] == "priority"
    assert plain["enable_prefix_caching"] is True
    assert plain["gpu_memory_utilization"] == 0.85
    assert "quantization" not in plain
    assert "speculative_config" not in plain
    told = arguments(
        quantization="awq", kv_dtype="fp8", tensor_parallel=2, gpu_memory="0.5", sleep_after=60, cache_tokens=1000
    )
    assert (told["quantization"], told["kv_cache_dtype"], told["tensor_parallel_size"]) == ("awq", "fp8", 2)
    assert (told["gpu_memory_utilization"], told["enable_sleep_mode"]) == (0.5, True)
    assert told["num_gpu_blocks_override"] == 63
    assert "gpu_memory_utilization" not in arguments(gpu=False)
    assert arguments(gpu=False)["block_size"] == 32


@pytest.mark.parametrize(
    ("values", "config"),
    [
        (
            {"speculative": "ngram", "guesses": 3},
            {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 5, "prompt_lookup_min": 2},
        ),
        (
            {"speculative": "eagle3", "draft": "/e"},
            {"method": "eagle3", "num_speculative_tokens": 4, "model": "/e"},
        ),
        (
            {"speculative": "draft_model", "draft": "/d"},
            {"method": "draft_model", "num_speculative_tokens": 4, "model": "/d"},
        ),
    ],
)
def test_words_guessed_ahead(values: dict[str, str | int | float], config: dict[str, object]) -> None:
    assert arguments(**values)["speculative_config"] == config


@pytest.mark.parametrize(
    "values",
    [{"speculative": "magic"}, {"speculative": "eagle"}, {"gpu_memory": "much"}, {"gpu_memory": "2"}, {"context": "x"}],
)
def test_settings_that_cannot_be(values: dict[str, str | int | float]) -> None:
    with pytest.raises(UnknownEngine):
        Settings.of(values)


def test_seats_follow_the_places_of_the_worker() -> None:
    assert [Settings().seats_for(capacity) for capacity in (0, 2, 20, 500)] == [4, 4, 20, 64]
    assert Settings(seats=3).limit_for(50) == 6
    assert Settings(seats=3, queue=1).limit_for(50) == 4


def test_the_environment_stays_off_the_network_and_off_the_others_cores() -> None:
    variables = environment(Settings(threads=1, cache_gb=3), gpu=False)
    assert (variables["HF_HUB_OFFLINE"], variables["OMP_NUM_THREADS"]) == ("1", "1")
    assert variables["VLLM_CPU_KVCACHE_SPACE"] == "3"
    assert "HF_HUB_OFFLINE" not in environment(Settings(offline=0), gpu=True)
    assert "OMP_NUM_THREADS" not in environment(Settings(), gpu=True)


@pytest.mark.parametrize(
    ("grammar", "choices"),
    [
        ('root ::= "A"', ["A"]),
        ('root ::= "A" | "B" |\n "C"', ["A", "B", "C"]),
        (r'root ::= "say \"hi\"" | "\\"', ['say "hi"', "\\"]),
        ('root ::= "A" "B"', []),
        ('root ::= "A" | [0-9]', []),
        ('root ::= "A" | more\nmore ::= "B"', []),
        (r'root ::= "\x41"', []),
    ],
)
def test_a_grammar_that_only_lists(grammar: str, choices: list[str]) -> None:
    assert listed(grammar) == choices
    assert structure(ChatOptions(grammar=grammar)) == ({"choice": choices} if choices else {"grammar": grammar})


def test_what_binds_a_reply() -> None:
    assert structure(ChatOptions()) == {}
    assert structure(ChatOptions(json_schema='{"type": "null"}', grammar='root ::= "A"')) == {"json": {"type": "null"}}
    with pytest.raises(EngineError, match="JSON"):
        structure(ChatOptions(json_schema="nonsense"))


def test_whose_turn_it_is() -> None:
    assert priority(ChatOptions()) == LIVE < priority(ChatOptions(awaited=lambda: False)) == GUESS
    assert priority(ChatOptions(background=True)) == BACKGROUND


def test_seats_leave_the_queue_to_callers() -> None:
    seats = Seats(1, 3)
    seats.enter(BACKGROUND)
    with pytest.raises(EngineError):
        seats.enter(BACKGROUND)
    assert not seats.crowded
    seats.enter(GUESS)
    assert seats.crowded
    seats.enter(LIVE)
    with pytest.raises(EngineError) as error:
        seats.enter(LIVE)
    assert error.value.code == "engine_full"
    seats.leave()
    seats.enter(LIVE)


def test_the_head_used_longest_ago_is_due_first() -> None:
    heads = Heads(cells=1000)
    heads.keep(("s", (1, 2)))
    heads.went_by("s", (7,), 100)
    heads.keep(("s", (3, 4)))
    assert heads.due() is None
    heads.went_by("s", (3, 4, 5), 150)  # the second head was used by it
    assert heads.due() == ("s", (1, 2))
    heads.keep(("s", (1, 2)))
    assert heads.due() is None
    heads.went_by("other", (1, 2), 249)
    assert heads.due() is None
    heads.went_by("other", (1, 2), 1)
    assert heads.due() is not None
    assert heads.total() == 4


def test_an_emptied_cache_makes_all_heads_due() -> None:
    heads = Heads(cells=1000)
    assert heads.due() is None
    heads.forget()
    for head in (("", (1,)), ("", (2,))):
        heads.keep(head)
    heads.forget()
    found = []
    while (head := heads.due()) is not None:
        found.append(head)
        heads.keep(head)
    assert sorted(found) == [("", (1,)), ("", (2,))]


def test_steps_become_metrics() -> None:
    scheduler = SimpleNamespace(
        num_running_reqs=2,
        num_waiting_reqs=1,
        kv_cache_usage=0.25,
        prefix_cache_stats=SimpleNamespace(queries=90, hits=64),
        spec_decoding_stats=None,
    )
    step = step_of(scheduler, SimpleNamespace(num_preempted_reqs=0, num_generation_tokens=2))
    assert step == Step(2, 1, 0.25, 90, 64, written=2)
    assert step_of(None, None) == Step()
    stepped(step)
    first_token(0.03)
    refused()
    woke(0.5)
    text = exposition().decode()
    assert 'parley_vllm_requests{state="running"} 2.0' in text
    assert "parley_vllm_cache_used 0.25" in text
    assert "parley_vllm_wake_seconds 0.5" in text
    stepped(Step())
    assert 'parley_vllm_requests{state="running"} 0.0' in exposition().decode()


def test_a_reply_without_tools_is_said_as_it_is_written() -> None:
    reading = readings("hermes", None)(())
    assert isinstance(reading, MarkedReading)
    assert reading.add("<tool_call>", (1,)) + reading.end() == "<tool_call>"
    assert reading.requests() == []
