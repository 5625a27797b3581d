"""The dental template's script, held at a whole Parley with the same weights in three places: llama.cpp in a worker, vLLM
beside another worker, and a server with the OpenAI dialect. Which of them answers is chosen in the builder, and nothing else
changes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from parley.stack.preflight import spare_port
from parley.stack.probes import http_ok
from parley.stack.report import make_report
from parley.stack.stack import Stack, StackOptions
from parley.stack.supervisor import Program
from tests.browser.live_stack import own_environment

LLAMA, VLLM = "qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b-hf"
TOKEN = "a-token-of-this-test"
SILENT = {
    f"PARLEY_MODEL_{role}": f"fake-{role.lower().replace('_', '-')}"
    for role in ("TRANSCRIBER", "SYNTHESIZER", "VOICE_DETECTOR", "TURN_DETECTOR")
}
"""Nobody speaks here: what is compared is the language model."""
FACTS = {"How much is a filling?": "120", "What time do you open on Saturday?": "9"}
"""What only the model can have said, from what the agent knows."""
ENGINE = os.environ.get("PARLEY_SWITCH_ENGINE", "dtype=float32 context=3072 seats=4 queue=12 threads=2 cache_gb=1")


async def turns(url: str) -> int:
    """Turns that the worker has taken of callers who wrote."""
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).text
    lines = [line for line in told.splitlines() if line.startswith('parley_turns_total{source="text"}')]
    return int(float(lines[0].split()[-1])) if lines else 0


async def inside(stack: Stack, call: str) -> str:
    code, out, err = await stack.manage(
        "shell", "-v0", "-c", f"from tests.engines_switch import clinic; clinic.{call}", timeout=1500
    )
    assert code == 0, err[-3000:]
    return out.strip().splitlines()[-1]


def apart(port: int, stack: Stack) -> Program:
    return Program(
        "worker-vllm",
        (sys.executable, "-m", "inference"),
        ready=http_ok("127.0.0.1", port, "/ready"),
        ready_timeout=600,
        env={
            "PARLEY_MODEL_CHAT": VLLM,
            "PARLEY_ENGINE_CHAT": ENGINE,
            "PARLEY_WORKER_PORT": str(port),
            "PARLEY_WORKER_NAME": "worker-vllm",
            "PARLEY_WORKER_URL": f"http://127.0.0.1:{port}",
            "PARLEY_WEB_URL": stack.web_url,
        },
    )


@pytest.mark.timeout(3600)
async def test_the_same_conversation_on_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_WORKER_TOKEN", TOKEN)
    with own_environment():
        port = spare_port()
        options = StackOptions.private(tmp_path / "var", profile="default")
        both = {"PARLEY_WORKERS": f"http://127.0.0.1:{options.worker_port},http://127.0.0.1:{port}"}
        allowed = {"PARLEY_EGRESS_ALLOW": f"127.0.0.1:{options.worker_port}"}
        options = replace(options, env={**SILENT, **both, **allowed})
        async with Stack(options, make_report()) as stack:
            await stack.supervisor.start(apart(port, stack))
            service = await inside(stack, f"make({stack.worker_url + '/v1'!r}, {TOKEN!r})")
            workers = {LLAMA: stack.worker_url, VLLM: f"http://127.0.0.1:{port}"}
            for model in (LLAMA, VLLM, service):
                before = {name: await turns(url) for name, url in workers.items()}
                held = json.loads(await inside(stack, f"hold({model!r})"))
                taken = {name for name, url in workers.items() if await turns(url) > before[name]}
                assert taken == {model} or model == service, "the worker that has the model, and no other"
                for found in held:
                    told = "\n".join(f"    {ms:6} ms  {said} → {reply}" for said, reply, ms in found["said"])
                    sys.stdout.write(f"\n  {model}\n{told}\n")
                    assert (found["problem"], found["wrong"]) == ("", [])
                    replies = {said: reply for said, reply, _ms in found["said"]}
                    assert all(fact in replies[said] for said, fact in FACTS.items() if said in replies), replies
                    assert found["services"] == (["A server elsewhere"] if model == service else [""])
