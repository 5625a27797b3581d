from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from channels_io.bench.curve import Panel, ceiling, svg
from channels_io.bench.figures import distribution
from channels_io.bench.load import LoadStep, held_calls, load_figures, rss_per_extra_call
from channels_io.bench.report import load_report, load_table


def step(calls: int, ms: float, rss: float | None = 500.0, missed: int = 0, refused: int = 0) -> LoadStep:
    return LoadStep(calls, distribution([ms]), 1.0, rss, missed, refused=refused)


STEPS = [step(1, 300.0), step(4, 310.0, 503.0), step(8, 320.0, 507.0), step(16, 400.0, 900.0)]


def test_calls_are_held_until_the_first_level_that_is_slower() -> None:
    assert held_calls(STEPS) == 8
    assert held_calls([step(1, 300.0), step(4, 300.0, missed=1), step(8, 300.0)]) == 1
    assert held_calls([step(1, 300.0), step(4, 300.0, refused=1)]) == 1
    assert held_calls([step(1, 300.0, missed=1)]) == 0
    assert held_calls([]) == 0


def test_figures_of_a_ramp() -> None:
    found = load_figures(STEPS, cores=2)
    assert (found.held, found.calls_per_core) == (8, 4.0)
    # 500, 503 and 507 MB; what broke down at 16 calls does not count.
    assert found.rss_per_extra_call_mb == 1.0
    assert found.unharmed is None


def test_twice_the_load_may_be_refused_but_not_felt() -> None:
    assert load_figures(STEPS, 2, step(16, 315.0, refused=8)).unharmed is True
    assert load_figures(STEPS, 2, step(16, 330.0, refused=8)).unharmed is False
    assert load_figures(STEPS, 2, step(16, 315.0, missed=1)).unharmed is False


def test_memory_needs_two_levels() -> None:
    assert rss_per_extra_call(STEPS[:1]) is None
    assert rss_per_extra_call([step(1, 1.0, None), step(2, 1.0)]) is None


def test_the_tables_show_each_level() -> None:
    text = load_table(STEPS)
    assert text.splitlines()[3].split() == ["8", "1", "320.0", "320.0", "20.0", "0", "0", "0.0", "0.0", "507.0", "-", "0.0", "0.0"]  # fmt: skip
    report = load_report(load_figures(STEPS, 2, step(16, 330.0, refused=8)))
    assert "8 calls on 2 cores (4.0 per core) within 20 ms of added delay at p95; 1.0 MB per extra call" in report
    assert "16 calls: 8 refused, those taken harmed" in report


def test_a_curve_is_an_image_with_every_point_inside() -> None:
    text = svg([Panel("Delay <ms>", ((1.0, 0.0), (8.0, 20.0)), 20.0), Panel("Nothing", ())])
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert [(circle.get("cx"), circle.get("cy")) for circle in circles] == [("70.0", "164.0"), ("238.0", "30.0")]
    assert "Delay &lt;ms&gt;" in text


def test_axes_end_at_round_numbers() -> None:
    assert [ceiling(value) for value in (0.0, 0.3, 1.0, 18.0, 26.0, 64.0)] == [1.0, 0.5, 1.0, 20.0, 50.0, 100.0]
