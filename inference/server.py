"""The worker's door: one WebSocket per conversation, health, metrics, resident agents, OpenAI dialect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from inference import metrics
from inference.announce import Announcer
from inference.auth import TokenAuth
from inference.config import WorkerConfig
from inference.conversation import Conversation
from inference.drain import Drain, Terminator
from inference.errors import ParleyError, ProtocolError, WorkerFull
from inference.events import WIRE_VERSION, Audio, Close, Failed, Open, Up, decode_up, encode
from inference.listen_only import ListenOnly
from inference.openai_api import routes as openai_routes
from inference.pool import Pool
from inference.spec import AgentSpec
from inference.watch import Watch

log = logging.getLogger(__name__)

OPEN_SECONDS = 5.0
"""A socket that says nothing for this long is closed."""
LOOK_SECONDS = 0.25
"""Between two looks at whether a conversation should leave."""
OFFER_SECONDS = 2.0
"""Between two offers that the web did not take."""
CLOSE_FULL = 4429
CLOSE_PROTOCOL = 4422
CLOSE_SILENT = 4408


def create_app(config: WorkerConfig, pool: Pool, *, loaded: Callable[[], None] | None = None) -> Starlette:
    """The ASGI app. Models load in its lifespan: /health answers meanwhile, /ready does not. `loaded` is called after it."""

    announcer = Announcer(config, pool.status)
    drain = Drain(config.drain_seconds, pool.conversations)
    door = Door(config, pool, drain)

    def drain_changed() -> None:
        pool.draining = drain.draining
        announcer.changed()

    drain.changed = drain_changed

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        terminator = Terminator(drain)
        terminator.install()
        async with asyncio.TaskGroup() as tasks:
            loading = tasks.create_task(pool.load())
            running = [
                loading,
                tasks.create_task(Watch(pool.admission, pool.calls).run()),
                tasks.create_task(announcer.run()),
            ]
            loading.add_done_callback(lambda _: announcer.changed())
            if loaded is not None:
                loading.add_done_callback(lambda _: loaded())
            yield
            for task in running:
                task.cancel()
        terminator.remove()
        await pool.close()

    app = Starlette(
        routes=[
            WebSocketRoute("/conversation", door.conversation),
            Route("/health", door.health),
            Route("/ready", door.ready),
            Route("/metrics", door.metrics),
            Route("/status", door.status),
            Route("/agents", door.put_agents, methods=["PUT"]),
            Route("/drain", door.put_drain, methods=["PUT"]),
            *openai_routes(pool),
        ],
        lifespan=lifespan,
    )
    app.add_middleware(TokenAuth, token=config.token)
    return app


class Door:
    """The handlers, sharing the pool."""

    def __init__(self, config: WorkerConfig, pool: Pool, drain: Drain) -> None:
        self._config = config
        self._pool = pool
        self._drain = drain

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """200 only after every engine has really run once and the published agents are prefilled."""
        problem = self._pool.problem
        if self._pool.draining:
            return JSONResponse({"status": "draining"}, status_code=503)
        if self._pool.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "failed" if problem else "loading", "message": problem}, status_code=503)

    async def metrics(self, request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    async def status(self, request: Request) -> Response:
        return Response(msgspec.json.encode(self._pool.status()), media_type="application/json")

    async def put_agents(self, request: Request) -> Response:
        """Replace the resident agents: a JSON list of AgentSpec."""
        try:
            specs = msgspec.json.decode(await request.body(), type=list[AgentSpec])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return JSONResponse({"error": {"code": "spec_invalid", "message": str(error)}}, status_code=400)
        await self._pool.keep_warm(specs)
        return JSONResponse({"agents": len(specs)})

    async def put_drain(self, request: Request) -> Response:
        """Empty this worker, or let it take conversations again: {"draining": true}. It goes on running."""
        try:
            wanted = msgspec.json.decode(await request.body(), type=dict[str, bool])["draining"]
        except (msgspec.DecodeError, KeyError):
            message = 'Say {"draining": true} or {"draining": false}.'
            return JSONResponse({"error": {"code": "not_understood", "message": message}}, status_code=400)
        if wanted:
            self._drain.begin()
        else:
            self._drain.end()
        return JSONResponse({"draining": self._drain.draining, "conversations": self._pool.conversations()})

    async def conversation(self, socket: WebSocket) -> None:
        """One conversation, from Open to Close."""
        await socket.accept()
        try:
            opening = await _first(socket)
            async with self._pool.admit(opening) as engines:
                kind = ListenOnly if opening.listen_only else Conversation
                await _converse(socket, kind(opening, engines, worker=self._config.name), self._drain)
        except WorkerFull as error:
            metrics.conversation_refused()
            await _refuse(socket, error, CLOSE_FULL)
        except ProtocolError as error:
            await _refuse(socket, error, CLOSE_PROTOCOL)
        except ParleyError as error:
            log.warning("Conversation ended: %s (%s)", error.message, error.code)
            await _refuse(socket, error, 1011)
        except WebSocketDisconnect:
            return
        except Exception:  # noqa: BLE001 - the worker-request edge: one conversation fails, the others go on
            log.exception("Conversation failed")
            await _refuse(socket, ParleyError("The worker failed in this conversation."), 1011)


async def _first(socket: WebSocket) -> Open:
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            opening = await _receive(socket)
    except TimeoutError as error:
        raise ProtocolError("Nothing was sent after connecting.", code="silent") from error
    if not isinstance(opening, Open):
        raise ProtocolError("The first message must be open.")
    if opening.wire != WIRE_VERSION:
        raise ProtocolError(f"This worker speaks wire version {WIRE_VERSION}, not {opening.wire}.", code="wire_version")
    return opening


async def _receive(socket: WebSocket) -> Up:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    data = message.get("bytes")
    if data is None:
        raise ProtocolError("Only binary messages are allowed.")
    return decode_up(data)


async def _converse(socket: WebSocket, conversation: Conversation | ListenOnly, drain: Drain) -> None:
    """Join socket and conversation until either ends; a broken socket ends the conversation."""
    writer = asyncio.create_task(_write(socket, conversation))
    leaving = asyncio.create_task(_offer_to_leave(conversation, drain))
    reader = asyncio.create_task(_read(socket, conversation))
    running = asyncio.create_task(conversation.run())
    try:
        await asyncio.wait([running, reader], return_when=asyncio.FIRST_COMPLETED)
        if not running.done() and reader.exception() is None:
            await running  # The web said Close: let the conversation end by itself.
        for task in (reader, running):
            if task.done():
                task.result()
        await writer
    finally:
        for task in (reader, running, writer, leaving):
            task.cancel()
        await asyncio.gather(reader, running, writer, leaving, return_exceptions=True)
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close()


async def _read(socket: WebSocket, conversation: Conversation | ListenOnly) -> None:
    while True:
        message = await _receive(socket)
        if isinstance(message, Open):
            raise ProtocolError("A conversation is opened only once.")
        if isinstance(message, Audio) and not message.pcm:
            continue
        conversation.hear(message)
        if isinstance(message, Close):
            return


async def _write(socket: WebSocket, conversation: Conversation | ListenOnly) -> None:
    async with aclosing(conversation.events()) as events:
        async for event in events:
            await socket.send_bytes(encode(event))


async def _offer_to_leave(conversation: Conversation | ListenOnly, drain: Drain) -> None:
    """While this worker drains and its time is up: at each moment between two turns, again after a while."""
    if isinstance(conversation, ListenOnly):
        return
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if drain.leaving and conversation.at_rest:
            conversation.offer_to_leave()
            await asyncio.sleep(OFFER_SECONDS)


async def _refuse(socket: WebSocket, error: ParleyError, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_bytes(encode(Failed(error.code, error.message, fatal=True)))
        await socket.close(code, error.message[:120])
