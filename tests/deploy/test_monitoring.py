"""The dashboard and the alert rules name what web and worker really count."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

import parley.metrics  # noqa: F401 -- registers what the web counts
from channels_io.workers.exposition import STATES, FleetCollector
from inference import metrics as worker_metrics
from parley.embedded import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
WORD = re.compile(r"\b(?:parley_[a-z0-9_]+|process_[a-z_]+)\b")
MATCHER = re.compile(r"\b((?:parley|process)_[a-z0-9_]+)\{([^}]*)\}")
GIVEN_BY_PROMETHEUS = {"instance", "job", "le"}


def exported(registry: CollectorRegistry) -> Iterator[tuple[str, frozenset[str]]]:
    """Series and their labels, those that have counted nothing yet included."""
    for collector, names in registry._collector_to_names.items():
        labels = frozenset(getattr(collector, "_labelnames", ()))
        for name in names:
            yield name, labels
    for family in FleetCollector().describe():
        yield family.name, frozenset(family._labelnames)


EXPORTED = dict(exported(REGISTRY)) | dict(exported(worker_metrics.registry))


def dashboard() -> Any:
    return json.loads((FOLDER / "grafana.json").read_text())


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def queries() -> list[str]:
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    return panels + [rule["expr"] for rule in rules()]


def test_there_is_something_to_look_at() -> None:
    assert len(queries()) > 40


@pytest.mark.parametrize("query", queries())
def test_every_series_of_a_query_is_exported_with_the_labels_it_asks_for(query: str) -> None:
    named = set(WORD.findall(query))
    assert named - EXPORTED.keys() == set()
    labels = set().union(*(EXPORTED[name] for name in named), GIVEN_BY_PROMETHEUS)
    grouped = {label.strip() for words in re.findall(r"by \(([^)]*)\)", query) for label in words.split(",")}
    assert grouped <= labels
    for name, matchers in MATCHER.findall(query):
        assert {word.split("=")[0].rstrip("!") for word in matchers.split(",")} <= EXPORTED[name] | GIVEN_BY_PROMETHEUS


def test_a_query_of_a_histogram_takes_its_buckets_by_le() -> None:
    for query in queries():
        for inner in re.findall(r"histogram_quantile\(\s*[\d.]+,\s*(.*)", query):
            assert inner.startswith("sum by (le")
            assert "_bucket" in inner


def test_the_labels_that_are_matched_have_values_that_occur() -> None:
    known = {
        "kind": {"voice", "cached", "prompt", "reply"},
        "priority": {"urgent"},
        "job": {"parley-web", "parley-worker"},
        "state": set(STATES),
    }
    for query in queries():
        for _, matchers in MATCHER.findall(query):
            for label, value in re.findall(r'(\w+)="([^"]*)"', matchers):
                assert value in known[label]


def test_every_alert_says_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
        assert rule["for"]
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_the_jobs_of_the_rules_are_those_that_are_scraped() -> None:
    scraped = {job["job_name"] for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
    assert set(re.findall(r'job="([^"]+)"', " ".join(queries()))) == scraped


def test_the_dashboard_is_what_its_program_writes(tmp_path: Path) -> None:
    program = "import runpy, sys; sys.stdout.write(runpy.run_path(sys.argv[1])['text']())"
    done = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER / "dashboard.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout == (FOLDER / "grafana.json").read_text()


def test_panels_do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
