"""The whole of Parley on one machine: databases, web, worker, Celery, beat.

    async with Stack(StackOptions.private(folder, profile="fake"), report) as stack:
        ... stack.web_url, stack.worker_url, await stack.manage("call", ...)

Nothing here knows Django: the command `prepare` migrates and seeds in a process of its own, so that
tests and the benchmark can run a second stack beside the one they live in.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from parley import embedded, serve
from parley.lib.env import env_int, env_str
from parley.stack import resident
from parley.stack.errors import StackError
from parley.stack.pipes import communicate
from parley.stack.preflight import (
    SPACE_FOR_DATA,
    check_folder,
    check_port,
    check_python,
    check_space,
    listen_on,
    only_one,
    spare_ports,
)
from parley.stack.preflight import spare_port as _spare_port
from parley.stack.probes import http_ok
from parley.stack.report import Report
from parley.stack.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parents[3]
_NICELY = ("nice", "-n", "10") if shutil.which("nice") else ()
"""Background work gives way to calls and webhooks, where all share one machine."""
DRAIN_SECONDS = "2"
"""For calls in progress when the stack is stopped in its terminal: nobody there wants to wait for a deployment's grace."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    var: Path
    profile: str = "default"
    host: str = "127.0.0.1"
    port: int = 8000
    worker_port: int = 8100
    local_workers: int = 1
    """On the ports from `worker_port` on."""
    background: bool = True
    """Celery worker and beat too."""
    own_databases: bool = False
    """Stop the embedded servers with the stack; otherwise the last process that uses them does."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Further variables for every child, e.g. the delays of the fake engines."""

    @property
    def worker_ports(self) -> range:
        return range(self.worker_port, self.worker_port + self.local_workers)

    @classmethod
    def from_environment(cls) -> StackOptions:
        return cls(
            var=embedded.embedded().var,
            profile=env_str("PARLEY_PROFILE", "default"),
            host=env_str("PARLEY_HOST", "127.0.0.1"),
            port=env_int("PARLEY_PORT", 8000),
            worker_port=env_int("PARLEY_WORKER_PORT", 8100),
            local_workers=max(1, env_int("PARLEY_LOCAL_WORKERS", 1)),
        )

    @classmethod
    def private(
        cls,
        var: Path,
        *,
        profile: str = "fake",
        background: bool = False,
        env: Mapping[str, str] | None = None,
        local_workers: int = 1,
    ) -> StackOptions:
        """A stack of one's own: spare ports, own folder, own databases."""
        return cls(
            var=var,
            profile=profile,
            port=_spare_port(),
            worker_port=_spare_port() if local_workers == 1 else spare_ports(local_workers),
            local_workers=local_workers,
            background=background,
            own_databases=True,
            env=env or {},
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `manage.py prepare` did."""

    agents: int = 0
    email: str = ""
    password: str = ""
    """Only when the first operator was created just now."""


class Stack:
    """Start everything on entering, stop everything on leaving."""

    def __init__(self, options: StackOptions, report: Report) -> None:
        self.options = options
        self.report = report
        self.prepared = Prepared()
        self._exits = AsyncExitStack()
        self._supervisor: Supervisor | None = None

    @property
    def web_url(self) -> str:
        return f"http://{_reachable(self.options.host)}:{self.options.port}"

    @property
    def worker_url(self) -> str:
        """Of the first one."""
        return self.worker_urls[0]

    @property
    def worker_urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.options.worker_ports]

    @property
    def supervisor(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("The stack is not running.")
        return self._supervisor

    def environment(self) -> dict[str, str]:
        """What every child sees."""
        options = self.options
        path = [str(ROOT / "platform"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "parley.settings",
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
            "PARLEY_VAR": str(options.var),
            "PARLEY_PROFILE": options.profile,
            "PARLEY_HOST": options.host,
            "PARLEY_PORT": str(options.port),
            "PARLEY_DRAIN_SECONDS": os.environ.get("PARLEY_DRAIN_SECONDS", DRAIN_SECONDS),
            "PARLEY_WORKER_HOST": "127.0.0.1",
            "PARLEY_WORKER_PORT": str(options.worker_port),
            "PARLEY_WORKERS": os.environ.get("PARLEY_WORKERS") or ",".join(self.worker_urls),
            "PARLEY_AGENTS": str(options.var / "agents.json"),
            **options.env,
        }

    async def __aenter__(self) -> Stack:
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def manage(
        self, *arguments: str, timeout: float = 300, on_line: Callable[[str], None] | None = None
    ) -> tuple[int, str, str]:
        """Run a manage.py command against this stack: (exit code, stdout, stderr).

        `on_line` is given each line of stderr as soon as it is there.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "manage.py"),
            *arguments,
            cwd=ROOT,
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        supervisor = self._supervisor
        if supervisor is not None:
            supervisor.guard.add(process.pid)
        try:
            async with asyncio.timeout(timeout):
                out, err = await communicate(process, on_line=on_line)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.wait()
            raise
        finally:
            if supervisor is not None:
                supervisor.guard.drop(process.pid)
        return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")

    # --- the steps ---------------------------------------------------------------------------

    async def _start(self) -> None:
        options = self.options
        check_python()
        check_folder(options.var)
        self._exits.enter_context(only_one(options.var))
        check_port(options.host, options.port, "PARLEY_PORT")
        if self._own_worker:
            for port in options.worker_ports:
                check_port("127.0.0.1", port, "PARLEY_WORKER_PORT")
        check_space(options.var, SPACE_FOR_DATA, "the databases and recordings", "PARLEY_VAR")
        await self._pull()
        supervisor = Supervisor(cwd=ROOT, env=self.environment(), log_dir=options.var / "log", report=self.report)
        if options.own_databases:
            # Pushed first, so called last: the databases outlive everything that uses them.
            self._exits.callback(self._stop_databases)
        self._supervisor = await self._exits.enter_async_context(supervisor)
        await self._everything()

    @property
    def _own_worker(self) -> bool:
        return not os.environ.get("PARLEY_WORKERS")

    async def _pull(self) -> None:
        """Fetch and verify the weights; quick when they are there. Shows its own progress bars."""
        if self.options.profile == "fake" or not self._own_worker:
            return
        self.report.say(f"Weights of profile {self.options.profile}")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "inference.catalogue", "pull", "--profile", self.options.profile,
            cwd=ROOT, env=self.environment(),
        )  # fmt: skip
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.send_signal(signal.SIGINT)
            await process.wait()
            raise
        if code != 0:
            raise StackError(
                "weights_missing",
                "The weights are not complete (the line above says why). What has arrived is kept: run the same command "
                "again. A file of your own can stand in: PARLEY_MODEL_CHAT=/path/to/model.gguf",
            )

    async def _databases(self) -> None:
        postgres, valkey = embedded.wanted()
        if not postgres and not valkey:
            return
        names = " and ".join(name for name, ours in (("PostgreSQL", postgres), ("Valkey", valkey)) if ours)
        self.report.say(f"Starting {names}")
        # After a kill -9 nobody releases them but the guard: joining and leaving as the last user stops them.
        leave = f"import pathlib; from parley import embedded; embedded.ensure(pathlib.Path({str(self.options.var)!r}))"
        self.supervisor.guard.set_last([sys.executable, "-c", leave])
        try:
            await asyncio.to_thread(embedded.ensure, self.options.var)
        except embedded.EmbeddedError as error:
            raise StackError(error.code, error.message) from error

    def _stop_databases(self) -> None:
        embedded.stop(self.options.var)

    async def _prepare(self) -> None:
        self.report.say("Preparing the database and the demo workspace")
        code, out, err = await self.manage("prepare", "--specs", self.environment()["PARLEY_AGENTS"])
        if code != 0:
            raise StackError(
                "prepare_failed",
                "The database could not be prepared. Nothing was lost; the lines below say why.",
                details="\n".join((out + err).strip().splitlines()[-15:]),
            )
        self.prepared = Prepared(**json.loads(out.strip().splitlines()[-1]))

    async def _everything(self) -> None:
        """The worker needs no database and takes longest: it loads while the others get ready."""
        worker = [self._worker(number) for number in range(self.options.local_workers)] if self._own_worker else []
        agents = resident.Agents(Path(self.environment()["PARLEY_AGENTS"]), self.options.var)
        early = worker if agents.readable else []
        failures: list[StackError] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                self._begin(early, tasks)
                await self._databases()
                await self._prepare()
                self._begin([program for program in worker if program not in early] + self._others(), tasks)
        except* StackError as group:
            failures = [error for error in group.exceptions if isinstance(error, StackError)]
        if failures:
            raise failures[0]
        if early:
            for url in self.worker_urls:
                await agents.renew(url)

    def _begin(self, programs: Sequence[Program], tasks: asyncio.TaskGroup) -> None:
        if not programs:
            return
        names = ", ".join(program.name for program in programs)
        self.report.say(f"Starting {names} (logs in {self.options.var / 'log'})")
        for program in programs:
            tasks.create_task(self._child(program), name=f"start-{program.name}")

    async def _child(self, program: Program) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await self.supervisor.start(program)
        self.report.say(f"{program.name} is ready ({loop.time() - started:.1f} s)", "good")

    def _worker(self, number: int) -> Program:
        """The first is "worker", the others "worker-2" and so on. Each announces itself beside being configured."""
        port = self.options.worker_ports[number]
        name = "worker" if number == 0 else f"worker-{number + 1}"
        return Program(
            name,
            (sys.executable, "-m", "inference"),
            ready=http_ok("127.0.0.1", port, "/ready"),
            ready_timeout=300,
            hint="If a weight is damaged, `python manage.py models verify` finds it.",
            env={
                "PARLEY_WORKER_PORT": str(port),
                "PARLEY_WORKER_NAME": os.environ.get("PARLEY_WORKER_NAME", name) if number == 0 else name,
                "PARLEY_WORKER_URL": f"http://127.0.0.1:{port}",
                "PARLEY_WEB_URL": self.web_url,
            },
        )

    def _others(self) -> list[Program]:
        """What needs the database as it is after `prepare`."""
        options = self.options
        argv, descriptors = self._web()
        web = Program(
            "web",
            argv,
            descriptors=descriptors,
            ready=http_ok(_reachable(options.host), options.port, "/health"),
            drains=float(self.environment()["PARLEY_DRAIN_SECONDS"]),
        )
        return [web, self._celery(), self._beat()] if options.background else [web]

    def _web(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """What starts the web process, and the open files it is given.

        The socket is ours, so that nobody is refused while the process is started again: carriers wait some seconds for an
        answer, but not one for a connection. A call outlives its web process by this.
        """
        host, port = self.options.host, self.options.port
        if ":" in host:  # Daphne takes over no socket of IPv6.
            return serve.command(host, port), ()
        listening = self._exits.enter_context(listen_on(host, port, "PARLEY_PORT")).fileno()
        return serve.command(host, port, listening), (listening,)

    def _celery(self) -> Program:
        # Threads, not processes: the tasks wait for the network, and every process would load Django again.
        argv = (
            *_NICELY, sys.executable, "-m", "celery", "-A", "parley.celery", "worker", "--pool", "threads", "--concurrency", "8",
            "--without-gossip", "--without-mingle", "--loglevel", "INFO", "--hostname", "parley@%h",
        )  # fmt: skip
        return Program("celery", argv, says=" ready.")

    def _beat(self) -> Program:
        argv = (
            *_NICELY,
            sys.executable,
            "-m",
            "celery",
            "-A",
            "parley.celery",
            "beat",
            "--loglevel",
            "INFO",
            "--pidfile=",
        )
        return Program("beat", argv, says="beat: Starting...")


def _reachable(host: str) -> str:
    """Where a client on this machine finds a server that listens on `host`."""
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 -- compared, not bound
