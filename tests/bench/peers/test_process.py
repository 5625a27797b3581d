from __future__ import annotations

import sys
from pathlib import Path

import pytest

from channels_io.bench.peers import process
from channels_io.bench.peers.process import PeerFailed, config_of, free_port, peer_server
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec, ModelSpec

SERVER = """\
import http.server, json, os, sys
config = json.load(sys.stdin)
assert not [name for name in os.environ if name.startswith(("PARLEY_", "DJANGO_", "PYTHONPATH"))]
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if config["system"] else 500)
        self.end_headers()
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", config["port"]), Ready).serve_forever()
"""


def spec() -> AgentSpec:
    return AgentSpec(
        agent="ag_1",
        version="ve_1",
        workspace="ws_1",
        name="Mia",
        instructions="You are Mia.",
        greeting="Hello.",
        flow=FlowSpec(start="talk", nodes=(GoalNode(id="talk", prompt="Be brief."),)),
        models=ModelSpec(temperature=0.1, max_tokens=120),
    )


def config() -> process.PeerConfig:
    return config_of(spec(), port=free_port(), whisper=Path("w"), llm_url="http://x/v1", llm_key="k", llm_model="m")


def test_the_peer_is_told_what_parley_tells_its_own_model() -> None:
    told = config()
    assert told.system == "You are Mia.\n\nBe brief."
    assert (told.greeting, told.voice, told.temperature, told.max_tokens) == ("Hello.", "heart", 0.1, 120)


async def test_the_server_runs_while_it_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    monkeypatch.setattr(process, "SCRIPT", script)
    monkeypatch.setenv("PARLEY_WORKER_TOKEN", "secret")
    told = config()
    async with peer_server(Path(sys.executable), told) as address:
        assert address == f"ws://127.0.0.1:{told.port}/ws"
        ready = process.http_ok("127.0.0.1", told.port, "/ready")
        assert await ready()
    assert not await ready()


async def test_a_server_that_ends_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text("raise SystemExit(3)")
    monkeypatch.setattr(process, "SCRIPT", script)
    with pytest.raises(PeerFailed, match="code 3"):
        async with peer_server(Path(sys.executable), config()):
            pass
