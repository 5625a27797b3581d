"""The worker as a Ray Serve application: `serve run deploy.ray.application:app`, from the root of the repository.

Every replica is a whole worker, with its engines and its GPU. Ray starts and restarts them, spreads conversations over
them, adds some when there are more conversations than they should have, and lets a replica that has to go finish those
it has. The web sees one worker: the address of Serve's HTTP proxy (`PARLEY_WORKERS=http://ray-head:8100`).

What goes to the worker as a whole, and not to one conversation of it, goes through the `Board`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

import ray
from deploy.ray.board import BEAT_SECONDS, Beat, Board, summed
from deploy.ray.settings import Settings
from inference.auth import TokenAuth
from inference.collector import spare_what_is_loaded
from inference.config import WorkerConfig
from inference.errors import ParleyError
from inference.pool import Pool
from inference.server import create_app
from inference.spec import AgentSpec
from ray import serve

BOARD = "parley-board"


def board() -> Any:
    """The one actor of that name; made by whoever asks first, and again by Ray when its process dies."""
    return (
        ray.remote(Board)
        .options(name=BOARD, namespace="parley", lifetime="detached", get_if_exists=True, num_cpus=0, max_restarts=-1)
        .remote()
    )


def replica_app() -> Starlette:
    """What one replica serves. Called on the replica, with the environment of its node."""
    name = serve.get_replica_context().replica_id.unique_id
    config = replace(WorkerConfig.from_environment(), name=name, web_url="")
    pool = Pool(config)
    worker = create_app(config, pool, loaded=spare_what_is_loaded)
    replica = Replica(name, pool, board())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with worker.router.lifespan_context(worker):
            # Ray sends nobody before this is over: a replica that still loads its models takes no calls.
            await replica.until_ready()
            beating = asyncio.create_task(replica.beat())
            yield
            beating.cancel()

    app = Starlette(
        routes=[
            Route("/status", replica.status),
            Route("/agents", replica.put_agents, methods=["PUT"]),
            Mount("/", worker),
        ],
        lifespan=lifespan,
        middleware=[Middleware(TokenAuth, token=config.token)],
    )
    app.state.replica = replica
    return app


class Replica:
    """Joins a worker's pool and the board."""

    def __init__(self, name: str, pool: Pool, board: Any) -> None:
        self._name = name
        self._pool = pool
        self._board = board
        self._seen = 0
        """Number of the newest list of agents that is warm here."""

    async def until_ready(self) -> None:
        """Raises ParleyError with what does not load."""
        while not self._pool.ready:
            if self._pool.problem:
                raise ParleyError(self._pool.problem, code="worker_failed")
            await asyncio.sleep(0.05)
        await self._exchange()

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._exchange()
            except ray.exceptions.RayError:  # The board is being started again: conversations need none.
                continue

    async def _exchange(self) -> None:
        news: Beat = await self._board.tell.remote(self._name, self._pool.status(), self._seen)
        if news.agents is not None:
            await self._pool.keep_warm(msgspec.json.decode(news.agents, type=list[AgentSpec]))
            self._seen = news.number

    def check(self) -> None:
        if self._pool.problem:
            raise RuntimeError(self._pool.problem)

    async def status(self, request: Request) -> Response:
        """Of all replicas together: the web compares this with other workers."""
        await self._exchange()
        statuses: Mapping[str, dict[str, Any]] = await self._board.statuses.remote()
        return Response(msgspec.json.encode(summed(statuses)), media_type="application/json")

    async def put_agents(self, request: Request) -> Response:
        """Every replica makes them resident, those that start later too."""
        body = await request.body()
        try:
            specs = msgspec.json.decode(body, type=list[AgentSpec])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return JSONResponse({"error": {"code": "spec_invalid", "message": str(error)}}, status_code=400)
        await self._board.publish.remote(body)
        await self._exchange()
        return JSONResponse({"agents": len(specs)})


def application(settings: Settings) -> serve.Application:
    """`settings` says how many replicas there are and what each has."""

    @serve.deployment(
        name="worker",
        max_ongoing_requests=settings.most,
        graceful_shutdown_wait_loop_s=1.0,
        graceful_shutdown_timeout_s=settings.drain_seconds,
        # A replica that hangs keeps its sockets: only this notices, since Serve's proxy answers the web's pings.
        health_check_period_s=2.0,
        health_check_timeout_s=5.0,
        ray_actor_options={"num_cpus": settings.cpus, "num_gpus": settings.gpus},
        autoscaling_config=settings.autoscaling(),
    )
    @serve.ingress(replica_app)
    class Worker:
        def check_health(self) -> None:
            self.app.state.replica.check()  # type: ignore[attr-defined]  # `app` is Serve's

    return Worker.bind()


app = application(Settings.from_environment(os.environ))
