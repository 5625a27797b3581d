"""llama.cpp's own server, inside this process.

Replies stream through a callback on a thread of ours, so closing the stream really stops compute:
the callback says "enough" at its next call, which comes with every token, and during prefill with
every batch. (Over HTTP the server would notice a closed connection after a second.) Only slot
files are moved through its HTTP door, which listens on the loopback with a random key.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import secrets
import signal
import threading
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.engines.openmp import sleep_at_barriers
from inference.errors import EngineError, EngineNotReady

HTTP_SECONDS = 30.0

Chunk = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`context` tokens for each of `slots`; `batch` prompt tokens are read between two looks at what else is to do."""

    path: str
    slots: int
    context: int
    threads: int
    batch: int
    gpu_layers: int
    folder: Path


class LlamaServer:
    """Blocking to make: reads the weights."""

    def __init__(self, settings: ServerSettings) -> None:
        if not Path(settings.path).is_file():
            raise EngineNotReady(f"There are no weights of a language model at {settings.path!r}.")
        sleep_at_barriers()
        import xllamacpp

        self._key = secrets.token_urlsafe(24)
        try:
            self._server: Any = xllamacpp.Server(self._parameters(xllamacpp, settings))
        except RuntimeError as error:
            raise EngineNotReady(f"llama.cpp could not load {Path(settings.path).name}: {error}") from error
        host, _, port = self._server.listening_address.removeprefix("http://").rpartition(":")
        self._host, self._port = host, int(port)
        # One thread waits for each slot's chunks; one more each for slot files and rendering.
        self._running: set[threading.Event] = set()
        self._threads = ThreadPoolExecutor(settings.slots + 2, thread_name_prefix="llama")

    def _parameters(self, xllamacpp: Any, settings: ServerSettings) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = settings.path
        parameters.n_parallel = settings.slots
        parameters.n_ctx = settings.slots * settings.context
        parameters.n_batch = parameters.n_ubatch = settings.batch
        parameters.n_gpu_layers = settings.gpu_layers
        for cores in (parameters.cpuparams, parameters.cpuparams_batch):
            cores.n_threads = settings.threads
        # Slots are pinned and saved by us: the server's own guesses would copy caches behind our back.
        parameters.cache_ram_mib = 0
        parameters.cache_idle_slots = False
        parameters.slot_prompt_similarity = 0.0
        parameters.slot_save_path = f"{settings.folder}/"
        parameters.n_threads_http = 2
        parameters.api_keys = [self._key]
        parameters.ui = False
        parameters.verbosity = 0
        return parameters

    async def chat(self, request: Mapping[str, Any]) -> AsyncGenerator[Chunk]:
        """The server's chunks. Closing it stops the work: after it at most the batch in hand is finished.

        Raises EngineError, with code `options` for a schema or grammar that llama.cpp cannot use.
        """
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[Chunk | None] = asyncio.Queue()  # bounded by the reply's max_tokens
        enough = threading.Event()

        def put(chunk: Chunk | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits for chunks
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)

        def on_chunk(chunk: Chunk) -> bool:
            if not enough.is_set():
                put(chunk)
            return enough.is_set()

        def work() -> None:
            try:
                if not enough.is_set():
                    self._server.handle_chat_completions(dict(request), on_chunk)
            finally:
                put(None)

        working = loop.run_in_executor(self._threads, work)
        self._running.add(enough)
        try:
            while (chunk := await chunks.get()) is not None:
                if "error" in chunk or "choices" not in chunk:
                    raise _refusal(chunk)
                yield chunk
            await working
        except (ValueError, RuntimeError) as error:
            raise EngineError(f"The language model cannot do this: {str(error)[:300]}", code="options") from error
        finally:
            enough.set()
            self._running.discard(enough)
            await asyncio.wait([working])

    async def save(self, slot: int, name: str) -> None:
        """The slot's cache → file `name` in the folder."""
        await self._post(f"/slots/{slot}?action=save", {"filename": name})

    async def restore(self, slot: int, name: str) -> None:
        """File `name` → the slot's cache; takes about 2 ms, after the batch step in progress."""
        await self._post(f"/slots/{slot}?action=restore", {"filename": name})

    async def render(self, messages: list[Chunk], **options: Any) -> str:
        """The prompt as the model's chat template writes it."""
        answer = await self._post("/apply-template", {"messages": messages, **options})
        return str(answer["prompt"])

    async def close(self) -> None:
        """Stops what runs, then frees the weights."""
        for enough in self._running:
            enough.set()
        await asyncio.to_thread(self._threads.shutdown)
        server, self._server = self._server, None
        await asyncio.to_thread(_free, [server])

    async def _post(self, path: str, body: Mapping[str, Any]) -> Chunk:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post_now, path, body)

    def _post_now(self, path: str, body: Mapping[str, Any]) -> Chunk:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=HTTP_SECONDS)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer: Chunk = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineError(f"llama.cpp did not answer {path.split('?')[0]}: {error}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise _refusal(answer)
        return answer


def _free(held: list[Any]) -> None:
    """Dropping the last reference ends the server's own thread and waits for it."""
    held.clear()


def _refusal(chunk: Chunk) -> EngineError:
    error = chunk.get("error")
    detail = error if isinstance(error, dict) else chunk
    code = "context_full" if detail.get("type") == "exceed_context_size_error" else "engine_failed"
    return EngineError(f"The language model refused: {str(detail.get('message', 'no reason given'))[:300]}", code=code)


def take_signals_back() -> None:
    """llama.cpp's server puts its own handlers on SIGINT and SIGTERM; give Python its own back."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        if handler is not None:
            signal.signal(number, handler)
            with contextlib.suppress(OSError, ValueError):
                signal.siginterrupt(number, False)
