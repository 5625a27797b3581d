"""The web's side of a worker: one WebSocket per conversation, and a few HTTP calls.

    async with connect(url, token, opening) as link:
        await link.send(Audio(pcm))
        async for event in link: ...

`url` is the worker's base URL, http://host:port.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from inference.audio import AudioFrame
from inference.cloning import VoiceSample
from inference.errors import EngineError, ProtocolError, WorkerError, WorkerFull, WorkerLost
from inference.events import MAX_MESSAGE_BYTES, Down, Failed, Open, Ready, Up, decode_down, encode
from inference.spec import AgentSpec, VoiceSpec

OPEN_SECONDS = 5.0
PING_SECONDS = 2.0
"""A worker that answers no ping for this long is lost, even if its socket still stands (SIGSTOP)."""
HTTP_SECONDS = 10.0
COMPLETE_SECONDS = 90.0
"""An answer that goes behind all calls may be long in coming."""
FILE_SECONDS = 180.0
"""A file of ten minutes is listened to for a while."""


class WorkerLink:
    """An open conversation with a worker. Iterating raises WorkerLost when the worker goes away."""

    def __init__(self, socket: ClientConnection, ready: Ready) -> None:
        self._socket = socket
        self.ready = ready

    async def send(self, message: Up) -> None:
        """Raises WorkerLost."""
        try:
            await self._socket.send(encode(message))
        except ConnectionClosed as error:
            raise WorkerLost("The connection to the worker broke.") from error

    async def __aiter__(self) -> AsyncIterator[Down]:
        try:
            async for data in self._socket:
                yield decode_down(data if isinstance(data, bytes) else data.encode())
        except ConnectionClosed as error:
            raise WorkerLost("The connection to the worker broke.") from error


@asynccontextmanager
async def connect(url: str, token: str, opening: Open) -> AsyncGenerator[WorkerLink]:
    """Open a conversation. Raises WorkerFull (try another worker or later) or WorkerLost."""
    address = url.replace("http", "ws", 1).rstrip("/") + "/conversation"
    try:
        socket = await open_socket(
            address,
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1.0,
            proxy=None,
        )
    except InvalidStatus as error:
        raise WorkerError(f"The worker refused the connection with status {error.response.status_code}.") from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise WorkerLost(f"No worker answers at {url}.") from error
    try:
        yield WorkerLink(socket, await _open(socket, opening))
    finally:
        await socket.close()


async def _open(socket: ClientConnection, opening: Open) -> Ready:
    try:
        await socket.send(encode(opening))
        first = decode_down(await socket.recv(decode=False))
    except ConnectionClosed as error:
        raise WorkerLost("The worker closed the connection before it was ready.") from error
    match first:
        case Ready():
            return first
        case Failed(code=WorkerFull.code, message=message):
            raise WorkerFull(message)
        case Failed(code=code, message=message):
            raise WorkerError(message, code=code)
    raise ProtocolError(f"Expected ready, got {type(first).__name__}.")


async def teach(url: str, token: str, engine: str, sample: VoiceSample) -> None:
    """Let this engine of the worker know a cloned voice: it then speaks as `sample.name`. Raises WorkerLost, EngineError."""
    await _request("POST", url, token, "/v1/audio/voices", params={"model": engine}, content=sample.wav)


async def synthesize(
    url: str, token: str, text: str, voice: VoiceSpec, rate: int = 24000, *, sample: VoiceSample | None = None
) -> AudioFrame:
    """The audio of a fixed sentence, whole. `sample`: of a cloned voice. Raises WorkerLost or EngineError."""
    if sample is not None:
        await teach(url, token, voice.engine, sample)
    body = {
        "model": voice.engine,
        "voice": voice.name,
        "input": text,
        "speed": voice.speed,
        "response_format": "pcm",
        "sample_rate": rate,
        "language": voice.language,
    }
    response = await _request("POST", url, token, "/v1/audio/speech", json=body)
    return AudioFrame(response.content, int(response.headers.get("x-sample-rate", rate)))


async def synthesize_file(
    url: str,
    token: str,
    text: str,
    voice: VoiceSpec,
    *,
    file_format: str,
    language: str = "",
    sample: VoiceSample | None = None,
) -> bytes:
    """A text as a sound file: "opus" (in Ogg), "mp3", "flac", "aac" or "wav". `sample`: of a cloned voice.

    Raises WorkerLost, or EngineError.
    """
    if sample is not None:
        await teach(url, token, voice.engine, sample)
    body = {
        "model": voice.engine,
        "voice": voice.name,
        "input": text,
        "speed": voice.speed,
        "response_format": file_format,
        "language": language,
    }
    response = await _request("POST", url, token, "/v1/audio/speech", json=body, timeout=FILE_SECONDS)
    return response.content


async def transcribe(
    url: str,
    token: str,
    sound: BinaryIO,
    *,
    language: str = "",
    model: str = "default",
    hints: Sequence[str] = (),
) -> str:
    """What is said in a sound file of at most 25 MB; "" when nothing is. Raises WorkerLost, or EngineError."""
    form = {"model": model, "language": language, "prompt": ", ".join(hints), "response_format": "json"}
    files = {"file": ("sound.wav", sound, "application/octet-stream")}
    response = await _request(
        "POST", url, token, "/v1/audio/transcriptions", data=form, files=files, timeout=FILE_SECONDS
    )
    try:
        return str(response.json()["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise WorkerError("The worker's transcript could not be read.") from error


@dataclass(frozen=True, slots=True)
class Completed:
    """What a model wrote, and its name."""

    text: str
    model: str


async def complete(
    url: str,
    token: str,
    messages: Sequence[tuple[str, str]],
    *,
    model: str = "default",
    json_schema: Mapping[str, Any] | None = None,
    max_tokens: int = 120,
    cache_key: str = "",
) -> Completed:
    """An answer that nobody waits for: live turns go first. `messages` are (role, text); `json_schema` binds the answer.

    Raises WorkerLost, EngineError, or WorkerError when what came back cannot be read.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": role, "content": text} for role, text in messages],
        "temperature": 0.0,
        "max_tokens": max_tokens,
        "service_tier": "flex",
    }
    if json_schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": json_schema}}
    if cache_key:
        body["prompt_cache_key"] = cache_key
    response = await _request("POST", url, token, "/v1/chat/completions", json=body, timeout=COMPLETE_SECONDS)
    try:
        answer = response.json()
        return Completed(str(answer["choices"][0]["message"]["content"] or ""), str(answer.get("model", "")))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise WorkerError("The worker's answer could not be read.") from error


async def worker_status(url: str, token: str) -> dict[str, Any]:
    """The worker's account of itself: ready, engines, capacity, conversations, agents. Raises WorkerLost."""
    return dict((await _request("GET", url, token, "/status")).json())


async def put_agents(url: str, token: str, specs: Sequence[AgentSpec]) -> None:
    """Tell the worker which published agents to keep warm. Raises WorkerLost."""
    body = msgspec.json.encode(list(specs))
    await _request("PUT", url, token, "/agents", content=body, timeout=120.0)


async def put_drain(url: str, token: str, *, draining: bool) -> None:
    """Empty this worker, or let it take conversations again. Raises WorkerLost."""
    await _request("PUT", url, token, "/drain", json={"draining": draining})


async def choose_worker(urls: Sequence[str], token: str) -> str:
    """The ready worker with the most free slots. Raises WorkerLost when none answers."""
    best, free = "", -1
    for url in urls:
        if len(urls) == 1:
            return url
        try:
            status = await worker_status(url, token)
        except WorkerError:
            continue
        room = int(status.get("capacity", 0)) - int(status.get("conversations", 0))
        if status.get("ready") and room > free:
            best, free = url, room
    if not best:
        raise WorkerLost("No worker answers.")
    return best


async def _request(method: str, url: str, token: str, path: str, **options: Any) -> httpx.Response:
    options.setdefault("timeout", HTTP_SECONDS)
    try:
        # Reading the certificates of this machine takes 80 ms of the event loop: only where TLS is spoken.
        async with httpx.AsyncClient(trust_env=False, verify=url.startswith("https:")) as http:
            response = await http.request(
                method, url.rstrip("/") + path, headers={"Authorization": f"Bearer {token}"}, **options
            )
    except httpx.HTTPError as error:
        raise WorkerLost(f"No worker answers at {url}.") from error
    if response.status_code >= 500:
        raise WorkerError(f"The worker failed with status {response.status_code}.")
    if response.is_error:
        raise EngineError(_error_text(response))
    return response


def _error_text(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"The worker refused the request with status {response.status_code}."
