from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from channels_io.bench import plans
from channels_io.bench.corpus import all_clips, load_corpus
from channels_io.bench.cost import usage


def test_the_real_cell_plays_every_clip_once() -> None:
    drafts = plans.drafts("real")
    played = Counter(name for draft in drafts for name in draft.clips)
    assert played == {clip.id: 1 for clip in load_corpus()}
    assert all(len(draft.clips) <= plans.TURNS_PER_CALL for draft in drafts)


def test_a_call_has_one_agent_and_clips_into_speech_have_something_to_fall_into() -> None:
    clips = {clip.id: clip for clip in load_corpus()}
    for draft in plans.drafts("real"):
        assert {clips[name].agent for name in draft.clips} == {draft.agent}
        kinds = {clips[name].kind for name in draft.clips}
        assert len(kinds) == 1
        assert draft.lead == ("q16" if kinds <= {"barge_in", "back_channel"} else "")
        assert draft.greeting == (kinds == {"barge_in"})
    # Every second barge-in falls into a greeting.
    assert [len(draft.clips) for draft in plans.drafts("real") if draft.greeting] == [2] * 10


def test_the_fresh_set_is_played_instead_or_as_well() -> None:
    fresh = [name for draft in plans.drafts("real", choice="fresh") for name in draft.clips]
    assert Counter(fresh) == {clip.id: 1 for clip in load_corpus("fresh")}
    both = [name for draft in plans.drafts("real", choice="all") for name in draft.clips]
    assert Counter(both) == dict.fromkeys(all_clips(), 1)
    assert {name[0] for name in (name for draft in plans.load_drafts(3, "fresh") for name in draft.clips)} == {"f"}


def test_fake_cells_ask_questions_only() -> None:
    assert {name[0] for draft in plans.drafts("fake-segment") for name in draft.clips} == {"q"}


def test_a_limit_keeps_the_first_of_each_kind() -> None:
    played = [name for draft in plans.drafts("real", 2) for name in draft.clips]
    assert played == ["q01", "q02", "p01", "p02", "b01", "b02", "c01", "c02"]


def test_load_calls_do_not_speak_in_chorus() -> None:
    drafts = plans.load_drafts(4)
    assert [len(draft.clips) for draft in drafts] == [plans.TURNS_PER_CALL] * 4
    assert len({draft.clips[0] for draft in drafts}) == 4


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
