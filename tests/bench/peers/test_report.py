from __future__ import annotations

from channels_io.bench.figures import Cost, Figures, figures_of
from channels_io.bench.peers.driver import PARLEY
from channels_io.bench.peers.report import markdown, ratios
from channels_io.bench.records import Lateness, RunRecord, TurnRecord


def figures(*v2v: float | None, late: float = 0.1, problems: tuple[str, ...] = ()) -> Figures:
    turns = tuple(TurnRecord("q01", "question", 0, position, v2v_ms=ms) for position, ms in enumerate(v2v))
    return figures_of(
        "real", RunRecord(turns=turns, lateness_ms=Lateness(100, 0.1, late, 1.0), problems=problems), Cost()
    )


def test_each_percentile_is_held_against_the_setting_that_is_best_at_it() -> None:
    p50, p95 = ratios(
        {
            "shipped": figures(900, 1000, 5000),
            "tuned": figures(1500, 1600, 1700),
            PARLEY: figures(300, 310, 680),
        }
    )
    assert (p50.best, p50.value, p50.reached) == ("shipped", 0.31, False)
    assert p95.best == "tuned"
    assert p95.value is not None
    assert p95.value < 0.4
    assert p95.reached


def test_a_column_without_answers_makes_no_ratio() -> None:
    ratio = ratios({"shipped": figures(None), PARLEY: figures(300)})[0]
    assert ratio.value is None
    assert not ratio.reached
    assert "not comparable" in markdown({"shipped": figures(None), PARLEY: figures(300)})


def test_the_table_has_a_column_a_stack_and_says_what_is_void() -> None:
    text = markdown({PARLEY: figures(300), "shipped": figures(1000, 3000, late=9.0, problems=("call 3: it broke",))})
    assert text.splitlines()[0] == "| | shipped | parley |"
    assert "| voice to voice p50 / p95, ms | 2,000 / 2,900 (2) | 300 / 300 (1) |" in text
    assert "| first turn of a call p50 / p95, ms | 1,000 / 1,000 (1) | 300 / 300 (1) |" in text
    assert "9.0 (**void**)" in text
    assert "Problem (shipped): call 3: it broke" in text
    assert "- p50: 0.15 × the best of the peer (shipped, 2,000 ms); goal 0.3 ×: reached." in text
