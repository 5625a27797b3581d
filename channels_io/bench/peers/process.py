"""The peer's server as a process of its own environment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from inference.nodes import GoalNode
from inference.prompt import prefix
from inference.spec import AgentSpec
from parley.stack.preflight import spare_port
from parley.stack.probes import http_ok

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "deploy" / "bench_peers" / "pipecat_server.py"
START_SECONDS = 180.0
"""numba compiles what it needs at the first start."""


class PeerFailed(Exception):
    """The peer's server did not come up; the message says what to look at."""


class PeerConfig(Struct, frozen=True):
    """What the server script reads from its standard input."""

    port: int
    whisper: str
    """Folder of the recogniser's weights."""
    voice: str
    llm_url: str
    llm_key: str
    llm_model: str
    temperature: float
    max_tokens: int
    system: str
    greeting: str


def config_of(spec: AgentSpec, *, port: int, whisper: Path, llm_url: str, llm_key: str, llm_model: str) -> PeerConfig:
    """The agent as the peer is told it: the very prompt, greeting, voice and sampling that Parley uses."""
    goals = [node.prompt for node in spec.flow.nodes if isinstance(node, GoalNode) and node.prompt.strip()]
    return PeerConfig(
        port=port,
        whisper=str(whisper),
        voice=spec.voice.name or "heart",
        llm_url=llm_url,
        llm_key=llm_key,
        llm_model=llm_model,
        temperature=spec.models.temperature,
        max_tokens=spec.models.max_tokens,
        system="\n\n".join([*(message.text for message in prefix(spec)), *goals[:1]]),
        greeting=spec.greeting,
    )


def free_port() -> int:
    return spare_port()


@asynccontextmanager
async def peer_server(python: Path, config: PeerConfig) -> AsyncGenerator[str]:
    """Start it, wait until it is ready; its WebSocket address without the setting. Raises PeerFailed."""
    process = await asyncio.create_subprocess_exec(
        str(python), str(SCRIPT),
        stdin=asyncio.subprocess.PIPE,
        env={**_own_environment(), "HF_HUB_OFFLINE": "1"},
        cwd=SCRIPT.parent,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(config))
        process.stdin.close()
        ready = http_ok("127.0.0.1", config.port, "/ready")
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await ready():
                    if process.returncode is not None:
                        raise PeerFailed(f"The peer's server ended with code {process.returncode}; see above.")
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise PeerFailed(f"The peer's server was not ready within {START_SECONDS:.0f} s.") from error
        yield f"ws://127.0.0.1:{config.port}/ws"
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def _own_environment() -> dict[str, str]:
    """Ours without what would lead the peer's Python to our packages or settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"} and not name.startswith(("PARLEY_", "DJANGO_"))
    }
