"""From figures to the rows of goals and to the page."""

from __future__ import annotations

from pathlib import Path

import msgspec

from channels_io.bench.accuracy import AccuracyFigures, figures
from channels_io.bench.corpus import load_corpus
from channels_io.bench.document import Facts, curve, document
from channels_io.bench.figures import Cost, Figures, Share, distribution, figures_of
from channels_io.bench.goals import Results, Row, rows
from channels_io.bench.load import LoadStep, load_figures
from channels_io.bench.machine import Machine, commit_of, machine, memory_of, processor_of, versions
from channels_io.bench.peers.driver import PARLEY
from channels_io.bench.peers.report import Peers
from channels_io.bench.records import BackChannelRecord, BargeInRecord, Lateness, RunRecord, TurnRecord
from channels_io.bench.suite import Kept, write_page
from channels_io.bench.words import Cut
from inference.events import Span


def turn(ms: float, position: int = 1, kind: str = "question", *, cached: int = 97) -> TurnRecord:
    spans = (Span("silence", 250.0), Span("first token", ms - 250.0))
    return TurnRecord("q01", kind, 0, position, "", "", ms, spans, 100, cached, 5)


def run_of(*turns: TurnRecord, late: float = 0.5) -> RunRecord:
    return RunRecord(
        turns=turns,
        barge_ins=(BargeInRecord("b01", 50.0, 130.0),),
        back_channels=(BackChannelRecord("c01", stopped=False),),
        lateness_ms=Lateness(100, 0.1, late, 9.0),
        greetings_ms=(50.0,),
    )


def measured(*turns: TurnRecord, late: float = 0.5) -> Figures:
    return figures_of("real", run_of(*turns, late=late), Cost(), cuts=[Cut("b01", 4, 5)])


def row(found: list[Row], measure: str) -> Row:
    (only,) = (each for each in found if each.measure.startswith(measure))
    return only


LOAD = load_figures(
    [
        LoadStep(1, distribution([300.0]), 1.0, 500.0, 0, cores=0.1),
        LoadStep(60, distribution([310.0]), 1.0, 559.0, 0, cores=1.4, lag_p99_ms=5.0, queues={"parley_queue audio": 3.0}),
    ],
    2,
    LoadStep(120, distribution([340.0]), 1.0, 600.0, 0, refused=60),
)  # fmt: skip


def accuracy() -> AccuracyFigures:
    clips = load_corpus()[:2]
    wrong = clips[1].text.split(" ", 1)[1]
    return figures(
        clips,
        [(clips[0].text, clips[0].text), (wrong, clips[1].text)],
        [("reception", "Open?", ("yes",)), ("pizza", "Pasta?", ("no",))],
        ["Yes, we are.", "Sure."],
        "a-model",
    )


def test_without_any_cell_every_goal_is_open_and_says_what_to_run() -> None:
    found = rows(Results())
    assert {each.met for each in found} == {None}
    assert {1, 2, 3, 4, 5, 6, 7, 9} == {each.number for each in found}
    assert row(found, "calls per core").reached == "not measured: `make bench ONLY=load`"


def test_a_missed_goal_names_the_span_that_takes_the_time() -> None:
    found = rows(Results(real=measured(turn(380.0), turn(900.0), turn(950.0))))
    p50 = row(found, "voice to voice p50")
    assert (p50.goal, p50.reached, p50.met) == ("≤ 400 ms", "900 ms", False)
    assert p50.eater == "first token, 675 ms"
    assert row(found, "false cut-offs").met is None
    assert row(found, "turns with").met is True
    assert row(found, "connect to greeting").met is True
    assert row(found, "p99 against 2 × p50").met is True
    assert row(found, "spans within").reached == "100.0 % (3 of 3)"


def test_a_filler_is_no_answer() -> None:
    late = msgspec.structs.replace(turn(650.0), spans=(Span("silence", 600.0), Span("filler", 50.0)))
    found = row(rows(Results(real=measured(turn(380.0), late))), "turns that begin with a filler")
    assert (found.reached, found.met) == ("50.0 % (1 of 2)", False)


def test_a_run_beside_the_peer_counts_before_its_figures_of_old() -> None:
    peers = Peers({"shipped": measured(turn(2000.0)), "tuned": measured(turn(1500.0)), PARLEY: measured(turn(600.0))})
    p50, p95 = [each for each in rows(Results(real=measured(turn(300.0)), peers=peers)) if each.number == 2]
    assert p50.measure == "p50 against pipecat's best (tuned, 1,500 ms), the same run"
    assert (p50.reached, p50.met) == ("0.40 × (600 ms)", False)
    assert "first token" in p50.eater
    assert p95.met
    page = document(Results(peers=peers), Facts(Machine(), {}, {}), "")
    assert "### Beside pipecat" in page
    assert "| shipped | tuned | parley |" in page


def test_the_peers_are_beaten_by_a_factor() -> None:
    found = rows(Results(real=measured(turn(470.0), turn(480.0))))
    assert row(found, "p50 against the best peer's 1,587 ms").met is True
    assert row(found, "p95 against the best peer's 1,924 ms").goal == "≤ 770 ms"


def test_the_first_turn_may_be_a_tenth_slower_than_the_fifth() -> None:
    slow = rows(Results(real=measured(turn(500.0, 0), turn(400.0, 4))))
    assert row(slow, "first turn p95").met is False
    assert row(slow, "first turn p95").eater == "first token, +100 ms"
    assert row(rows(Results(real=measured(turn(430.0, 0), turn(400.0, 4)))), "first turn p95").met is True


def test_one_turn_that_was_not_cached_misses_the_goal() -> None:
    found = row(rows(Results(real=measured(turn(400.0), turn(400.0, cached=90)))), "turns with")
    assert (found.goal, found.met) == ("all", False)


def test_fakes_barge_in_and_words() -> None:
    found = rows(Results(fake_stream=measured(turn(260.0), turn(330.0)), barge_in=measured()))
    assert row(found, "orchestration alone, stream: p50").met is False
    assert row(found, "orchestration alone, stream: p95 against p50 + 60").met is True
    assert row(found, "barge-in: silent p50").met is False
    assert row(found, "barge-in: ducked").met is True
    assert row(found, '"mm-hm"').met is True
    assert row(found, "interrupted replies").met is True


def test_load_is_told_with_twice_the_load() -> None:
    found = rows(Results(load=LOAD))
    assert row(found, "calls per core").met is True
    assert row(found, "memory of an extra call").reached == "1.0 MB"
    twice = row(found, "twice the load (120 calls)")
    assert (twice.reached, twice.met) == ("40 ms, 60 refused, 0 unanswered", False)


def test_void_figures_are_shown_as_void() -> None:
    found = rows(Results(real=measured(turn(380.0), late=5.0)))
    assert row(found, "voice to voice p50").void
    page = document(Results(real=measured(turn(380.0), late=5.0)), Facts(Machine(), {}, {}), "")
    assert "met (void)" in page
    assert "**VOID: the driver was late by its own doing.** Driver lateness p99 5.00 ms" in page


def test_accuracy_counts_words_and_answers() -> None:
    found = accuracy()
    assert found.full.errors == 0
    assert found.short.errors == 1
    assert found.right == Share(1, 2)
    assert row(rows(Results(accuracy=found)), "word error rate").met is False


def test_the_page_holds_everything(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    kept.folder.mkdir()
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "benchmarks.notes.md").write_text("## What was tried\n\nThis and that.\n")
    facts = {"at": "2026-11-22T10:00:00+00:00", "limit": None, "machine": Machine("A CPU", 2, 24.0, "Linux 6", "3.11", {"numpy": "2"}, "abc1234")}  # fmt: skip
    for name, found in (("real", measured(turn(900.0))), ("load", LOAD), ("accuracy", accuracy())):
        kept.path(name).write_bytes(msgspec.json.encode({**facts, **msgspec.to_builtins(found)}))
    kept.path("fresh").write_bytes(msgspec.json.encode({**facts, "limit": 2, **msgspec.to_builtins(measured(turn(800.0)))}))  # fmt: skip

    page = write_page(kept, docs).read_text()

    assert "A CPU, 2 cores, 24 GB, Linux 6, Python 3.11. 2026-11-22, commit abc1234." in page
    assert "numpy 2." in page
    assert "**A short look, not a measurement:** fresh" in page
    assert "| 1 | voice to voice p50, default models | ≤ 400 ms | 900 ms | **missed** | first token, 650 ms |" in page
    assert "This and that." in page
    assert "60 calls on 2 cores within 20 ms" in page
    assert "queue audio 3" in page
    assert "| main question | 2 |" in page
    assert "- pizza: Pasta? → Sure." in page
    for line in page.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    data = msgspec.json.decode((docs / "benchmarks.json").read_bytes())
    assert data["goals"][0]["reached"] == "900 ms"
    assert "turns" not in data["cells"]["real"]
    assert (docs / "images/bench-load.svg").read_text() == curve(LOAD)


def test_tables_have_one_width() -> None:
    page = document(Results(real=measured(turn(380.0)), load=LOAD), Facts(Machine(), {}, {}), "")
    for block in page.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_a_run_is_done_for_its_source_and_its_limit(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    assert not kept.is_done("real", "abc", None)
    kept.path("real").write_bytes(msgspec.json.encode({"limit": None, "machine": Machine(commit="abc")}))
    assert kept.is_done("real", "abc", None)
    assert not kept.is_done("real", "abd", None)
    assert not kept.is_done("real", "abc", 2)
    kept.path("real").write_text("half of i")
    assert not kept.is_done("real", "abc", None)


def test_the_machine_is_described(tmp_path: Path) -> None:
    cpuinfo = (
        "processor : 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor : 1\nmodel name : Other\n"
    )
    assert processor_of(cpuinfo) == "AMD EPYC (family 25, model 17)"
    assert processor_of("") == ""
    assert memory_of("MemFree: 1 kB\nMemTotal:       25165824 kB\n") == 24.0
    assert list(versions(("numpy", "no-such-package"))) == ["numpy"]
    assert commit_of(tmp_path) == ""
    here = machine(tmp_path, proc=tmp_path)
    assert here.cores > 0
    assert here.processor


def test_the_telephone_is_held_against_the_browser_clip_by_clip() -> None:
    """What the browser's run played besides does not count, nor what one of the two never answered."""

    def named(clip: str, ms: float | None) -> TurnRecord:
        return msgspec.structs.replace(turn(500.0), clip=clip, v2v_ms=ms)

    browser = measured(named("q01", 400), named("q02", 500), named("q03", 900), named("q04", None), named("p09", 100))
    phone = measured(named("q01", 415), named("q02", 510), named("q03", 1000), named("q04", 300))
    found = row(rows(Results(real=browser, phone=phone)), "telephone against the browser")
    assert (found.goal, found.reached, found.met) == ("≤ +20 ms", "+15 ms (3 clips)", True)
    late = measured(named("q01", 425), named("q02", 525), named("q03", 1000))
    assert row(rows(Results(real=browser, phone=late)), "telephone against the browser").met is False
    nothing = row(rows(Results(real=browser, phone=measured(named("q09", 400)))), "telephone against the browser")
    assert (nothing.reached, nothing.met) == ("nothing measured", None)
