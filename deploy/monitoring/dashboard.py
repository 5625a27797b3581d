#!/usr/bin/env python3
"""Writes grafana.json beside it: `python deploy/monitoring/dashboard.py`. The panels are said here, once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("grafana.json")
WINDOW: Final = "$__rate_interval"


def quantile(which: float, metric: str, *by: str, only: str = "") -> str:
    labels = ", ".join(["le", *by])
    return f"histogram_quantile({which}, sum by ({labels}) (rate({metric}_bucket{only}[{WINDOW}])))"


def share(part: str, whole: str) -> str:
    """0 to 1; nothing where there was nothing."""
    return f"sum(rate({part}[{WINDOW}])) / sum(rate({whole}[{WINDOW}]))"


Panel = tuple[str, str, list[tuple[str, str]], str]
"""Title, unit, (query, legend) each, what it tells."""

ROWS: Final[list[tuple[str, list[Panel]]]] = [
    (
        "What callers feel",
        [
            (
                "Last word to first sound",
                "s",
                [
                    (quantile(0.5, "parley_v2v_seconds"), "p50"),
                    (quantile(0.95, "parley_v2v_seconds"), "p95"),
                    (quantile(0.99, "parley_v2v_seconds"), "p99"),
                ],
                "Voice to voice, as the web server writes it.",
            ),
            (
                "The same by channel, p95",
                "s",
                [(quantile(0.95, "parley_v2v_seconds", "kind"), "{{kind}}")],
                "The telephone adds its own way of sound.",
            ),
            (
                "What the wait consists of, p95",
                "s",
                [(quantile(0.95, "parley_wait_seconds", "wait"), "{{wait}}")],
                "Begin with the one that grows. docs/operators.md says what each means.",
            ),
            (
                "Answers later than the budget, or after a filler",
                "percentunit",
                [
                    (share("parley_budget_missed_total", "parley_v2v_seconds_count"), "late"),
                    (share("parley_fillers_total", "parley_v2v_seconds_count"), "with a filler"),
                ],
                "",
            ),
        ],
    ),
    (
        "Conversations",
        [
            ("In progress, web", "short", [("sum by (kind) (parley_legs_open)", "{{kind}}")], ""),
            (
                "Voice on workers, and room",
                "short",
                [
                    ('sum(parley_conversations_open{kind="voice"})', "open"),
                    ("sum(parley_capacity)", "room, as measured"),
                ],
                "Room is what the workers measure that they can serve without making anybody wait.",
            ),
            (
                "Refused because every place was taken",
                "cps",
                [(f"sum by (instance) (rate(parley_conversations_refused_total[{WINDOW}]))", "{{instance}}")],
                "",
            ),
            (
                "Turns and interruptions",
                "cps",
                [
                    (f"sum by (source) (rate(parley_turns_total[{WINDOW}]))", "{{source}}"),
                    (f"sum(rate(parley_interruptions_total[{WINDOW}]))", "interrupted"),
                ],
                "",
            ),
        ],
    ),
    (
        "Workers",
        [
            ("Load of each worker", "percentunit", [("parley_load", "{{instance}}")], "1: takes nobody any more."),
            (
                "Waits in front of engines, p95",
                "s",
                [(quantile(0.95, "parley_queue_wait_seconds", "engine", "priority"), "{{engine}} {{priority}}")],
                "",
            ),
            (
                "Work that waits",
                "short",
                [("sum by (engine, priority) (parley_queue_depth)", "{{engine}} {{priority}}")],
                "",
            ),
            (
                "Prompt tokens that came from the cache",
                "percentunit",
                [
                    (
                        f'sum(rate(parley_tokens_total{{kind="cached"}}[{WINDOW}])) / '
                        f'sum(rate(parley_tokens_total{{kind="prompt"}}[{WINDOW}]))',
                        "cached",
                    )
                ],
                "Above 0.9 while agents are resident. It falls when conversations land on workers that do not know them.",
            ),
            (
                "Tokens written",
                "cps",
                [(f'sum by (instance) (rate(parley_tokens_total{{kind="reply"}}[{WINDOW}]))', "{{instance}}")],
                "",
            ),
            (
                "Recognition, p95",
                "s",
                [(quantile(0.95, "parley_transcript_seconds", "kind"), "{{kind}}")],
                "",
            ),
            (
                "Answers begun early",
                "cps",
                [(f"sum by (outcome) (rate(parley_guesses_total[{WINDOW}]))", "{{outcome}}")],
                "Wasted ones cost processor time, nothing else.",
            ),
            (
                "Failures of engines",
                "cps",
                [(f"sum by (stage, code) (rate(parley_engine_failures_total[{WINDOW}]))", "{{stage}} {{code}}")],
                "",
            ),
            (
                "Sound that was dropped",
                "cps",
                [(f"sum by (instance) (rate(parley_frames_dropped_total[{WINDOW}]))", "{{instance}}")],
                "Frames of 20 ms for which there was no time.",
            ),
            (
                "Lateness of the event loop, p95",
                "s",
                [
                    (quantile(0.95, "parley_event_loop_lag_seconds", "instance"), "worker {{instance}}"),
                    (quantile(0.95, "parley_web_event_loop_lag_seconds", "instance"), "web {{instance}}"),
                ],
                "Above 20 ms a process has too much to do.",
            ),
            ("Agents kept ready", "short", [("parley_agents_resident", "{{instance}}")], ""),
        ],
    ),
    (
        "Web",
        [
            (
                "Requests by answer",
                "reqps",
                [(f"sum by (status) (rate(parley_web_requests_total[{WINDOW}]))", "{{status}}")],
                "",
            ),
            (
                "Slowest routes, p95",
                "s",
                [(f"topk(8, {quantile(0.95, 'parley_web_request_seconds', 'route')})", "{{route}}")],
                "",
            ),
            (
                "Memory of web processes",
                "bytes",
                [('process_resident_memory_bytes{job="parley-web"}', "{{instance}}")],
                "",
            ),
        ],
    ),
]


def dashboard() -> dict[str, Any]:
    return {
        "title": "Parley",
        "uid": "parley",
        "tags": ["parley"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "gridPos": {"h": 1, "w": 24, "x": 0, "y": top},
            "panels": [],
        }
        top += 1
        for place, panel in enumerate(panels):
            number += 1
            yield _panel(number, panel, x=12 * (place % 2), y=top + 8 * (place // 2))
        top += 8 * ((len(panels) + 1) // 2)


def _panel(number: int, panel: Panel, *, x: int, y: int) -> dict[str, Any]:
    title, unit, queries, text = panel
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "description": text,
        "datasource": source,
        "gridPos": {"h": 8, "w": 12, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(65 + index), "datasource": source, "expr": query, "legendFormat": legend}
            for index, (query, legend) in enumerate(queries)
        ],
    }


def text() -> str:
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
