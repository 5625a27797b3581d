from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from channels_io.bench import plans
from channels_io.bench.corpus import all_clips, load_corpus
from channels_io.bench.cost import usage


def played(drafts: list[plans.Draft]) -> Counter[str]:
    return Counter(name for draft in drafts for name in draft.clips)


def test_the_real_cell_has_a_hundred_turns_beside_the_first_ones_of_calls() -> None:
    drafts = plans.drafts("real")
    count = played(drafts)
    clips = {clip.id for clip in load_corpus() if clip.kind in {"question", "pause"}}
    assert set(count) == clips
    assert count.total() - len(drafts) >= 100
    # Every clip about equally often, those with a pause once.
    assert {count[name] for name in count if name.startswith("q")} <= {2, 3}
    assert {count[name] for name in count if name.startswith("p")} == {1}
    assert {len(draft.clips) for draft in drafts} == {plans.TURNS_PER_CALL}


def test_no_two_calls_begin_with_the_same_question() -> None:
    starts = Counter(draft.clips[0] for draft in plans.drafts("real"))
    assert max(starts.values()) == 1


def test_the_barge_in_cell_plays_every_other_clip_once() -> None:
    wanted = {clip.id: 1 for clip in load_corpus() if clip.kind in {"barge_in", "back_channel"}}
    assert played(plans.drafts("barge-in")) == wanted


def test_a_call_has_one_agent_and_clips_into_speech_have_something_to_fall_into() -> None:
    clips = {clip.id: clip for clip in load_corpus()}
    for draft in [*plans.drafts("real"), *plans.drafts("barge-in")]:
        assert {clips[name].agent for name in draft.clips} == {draft.agent}
        kinds = {clips[name].kind for name in draft.clips}
        assert len(kinds) == 1
        assert draft.lead == ("q16" if kinds <= {"barge_in", "back_channel"} else "")
        assert draft.greeting == (kinds == {"barge_in"})
    # Every second barge-in falls into a greeting.
    assert [len(draft.clips) for draft in plans.drafts("barge-in") if draft.greeting] == [2] * 10


def test_the_fresh_set_is_played_instead_or_as_well() -> None:
    fresh = {clip.id: 1 for clip in load_corpus("fresh")}
    assert played([*plans.drafts("real", choice="fresh"), *plans.drafts("barge-in", choice="fresh")]) == fresh
    assert played(plans.drafts("barge-in", choice="all")) == {
        clip.id: 1 for clip in all_clips().values() if clip.kind in {"barge_in", "back_channel"}
    }
    assert {name[0] for name in played(plans.load_drafts(3, "fresh"))} == {"f"}


def test_fake_cells_ask_questions_only() -> None:
    assert {name[0] for draft in plans.drafts("fake-segment") for name in draft.clips} == {"q"}


def test_a_limit_keeps_the_first_of_each_kind() -> None:
    assert list(played(plans.drafts("real", 2))) == ["q01", "q02", "p01", "p02"]
    assert list(played(plans.drafts("barge-in", 2))) == ["b01", "b02", "c01", "c02"]


def test_fakes_understand_whole_questions_and_the_real_network_finds_the_voice() -> None:
    for settings in plans.FAKE_ENGINES.values():
        words = dict(part.split("=", 1) for part in settings["PARLEY_ENGINE_TRANSCRIBER"].split())
        assert all(line.endswith("?") for line in words["script"].split("|"))
        assert settings["PARLEY_MODEL_VOICE_DETECTOR"] == "silero-v6"


def test_load_calls_do_not_speak_in_chorus() -> None:
    drafts = plans.load_drafts(8)
    assert [len(draft.clips) for draft in drafts] == [plans.TURNS_PER_CALL] * 8
    assert len({draft.clips[0] for draft in drafts}) == 8


def test_a_low_level_of_load_calls_often_enough_for_percentiles() -> None:
    assert len(plans.load_drafts(1)) == plans.CALLS_PER_LEVEL


def test_many_calls_are_dealt_out_to_several_drivers() -> None:
    drafts = plans.load_drafts(40)
    parts = plans.shares(drafts, 40, most=16)
    assert [lines for _, lines in parts] == [14, 13, 13]
    assert sorted(draft.clips for part, _ in parts for draft in part) == sorted(draft.clips for draft in drafts)
    # Four calls one after another stay with one driver.
    assert plans.shares(drafts[:4], 1) == [(drafts[:4], 1)]


def test_usage_counts_a_process_and_its_children() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        both = usage([process.pid])
        process.communicate(b"\n")
    assert both is not None
    assert both.rss_mb > 10
    assert both.cpu_seconds >= 0
    assert usage([process.pid]) is None
    mine = usage([os.getpid()])
    assert mine is not None
    assert mine.cpu_seconds > 0


def test_usage_reads_names_with_spaces(tmp_path: Path) -> None:
    for pid, parent in ((10, 1), (11, 10), (12, 1)):
        (tmp_path / str(pid)).mkdir()
        fields = ["S", str(parent), *["0"] * 9, "100", "50", *["0"] * 8, "2560", "0"]
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a (b) c) {' '.join(fields)}")
    found = usage([10], tmp_path)
    assert found is not None
    assert found.cpu_seconds == 2 * 150 / os.sysconf("SC_CLK_TCK")
    assert found.rss_mb == 2 * 2560 * os.sysconf("SC_PAGE_SIZE") / 1024**2
