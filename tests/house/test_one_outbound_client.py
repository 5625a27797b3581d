"""Addresses that users write are connected to by one client, behind one rule (T5): nothing else may open a way out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENTS = {"aiohttp", "httpcore", "httpx", "requests", "urllib3", "websockets"}
MODULES = {"http.client", "urllib.request", "ftplib", "smtplib", "telnetlib"}
ALLOWED = {
    "platform/parley/lib/egress.py": "the rule itself",
    "platform/parley/lib/outbound.py": "the client",
    "platform/parley/health.py": "asks the workers that the operator configured",
    "channels_io/bench/driver.py": "calls the server under test",
    "channels_io/stress/worker_run.py": "asks the workers of the private stack that it stresses",
    "channels_io/bench/measure.py": "asks the server under test",
    "channels_io/bench/peers/caller.py": "calls the peer under test",
    "channels_io/bench/peers/driver.py": "calls the peer under test",
    "channels_io/kinds/whatsapp_cloud/graph.py": "calls Meta at the address of the settings",
    "channels_io/simulators/meta/simulator.py": "Meta from outside, for tests and simulations",
    "channels_io/twilio_rest.py": "Twilio's own client, at the address of the settings",
    "channels_io/simulators/twilio/hooks.py": "calls the webhooks of this machine, and no others",
    "channels_io/simulators/twilio/stream.py": "opens the media sockets of this machine, and no others",
    "channels_io/simulators/operator.py": "a person of the team from outside, for tests and benchmarks",
    "channels_io/simulators/browser_caller.py": "a caller from outside, for tests and benchmarks",
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reaches_out(name: str) -> bool:
    return name.split(".")[0] in CLIENTS or name in MODULES


def test_nothing_else_on_the_web_side_speaks_http() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("platform/parley", "agents", "channels_io")
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts and any(reaches_out(name) for name in imported(path))
    }
    assert found == set(ALLOWED)
