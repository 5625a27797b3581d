"""The supervisor with real child processes: restart with back-off, clean stop, nothing left after kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from parley.stack.errors import StackError
from parley.stack.report import Level
from parley.stack.supervisor import Backoff, Program, Supervisor

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 20.0
"""Seconds after which a condition counts as never met."""

# Writes its process id, then waits for the end; with "stubborn" it ignores SIGTERM.
CHILD = """
import os, pathlib, signal, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(str(os.getpid()))
path.with_suffix(".new").replace(path)
print("hello from the child", flush=True)
time.sleep(600)
"""

# A child that has a child of its own, as servers with worker pools do.
PARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {CHILD!r}, sys.argv[1] + ".grandchild"])
exec({CHILD!r})
"""


class Notes:
    def __init__(self) -> None:
        self.lines: list[tuple[Level, str]] = []
        self.changed = asyncio.Event()

    def say(self, message: str, level: Level = "step") -> None:
        self.lines.append((level, message))
        self.changed.set()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(words in line for _, line in self.lines):
                self.changed.clear()
                await self.changed.wait()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


async def until(condition: object) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def supervisor(tmp_path: Path, notes: Notes) -> AsyncIterator[Supervisor]:
    async with Supervisor(
        cwd=tmp_path,
        env=dict(os.environ),
        log_dir=tmp_path / "log",
        report=notes,
        backoff=Backoff(first=0.01, limit=0.04),
        stop_timeout=0.5,
    ) as supervisor:
        yield supervisor


def program(path: Path, *flags: str, code: str = CHILD) -> Program:
    async def ready() -> bool:
        return path.exists()

    return Program(name=path.name, argv=(sys.executable, "-c", code, str(path), *flags), ready=ready)


async def test_a_started_child_is_ready_and_logs_to_its_file(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(program(tmp_path / "web"))
    assert is_alive(supervisor.pid("web"))
    await until(lambda: "hello from the child" in supervisor.log_path("web").read_text())


async def test_a_killed_child_is_restarted_and_said_so(supervisor: Supervisor, notes: Notes, tmp_path: Path) -> None:
    await supervisor.start(program(tmp_path / "worker"))
    first = supervisor.pid("worker")
    (tmp_path / "worker").unlink()
    os.kill(first, signal.SIGKILL)
    await notes.until("worker is back")
    assert supervisor.pid("worker") != first
    assert is_alive(supervisor.pid("worker"))
    assert notes.lines[0] == ("bad", "worker died (SIGKILL). Starting it again in 0.01 s.")
    assert notes.lines[1][0] == "detail"
    assert "hello from the child" in notes.lines[1][1]


async def test_a_program_that_listens_on_nothing_is_ready_when_this_run_of_it_says_so(
    supervisor: Supervisor, notes: Notes, tmp_path: Path
) -> None:
    flag = tmp_path / "may-speak"
    flag.touch()
    code = f"""
import pathlib, time
while not pathlib.Path({str(flag)!r}).exists():
    time.sleep(0.02)
print("celery ready.", flush=True)
time.sleep(600)
"""
    await supervisor.start(Program(name="celery", argv=(sys.executable, "-c", code), says=" ready."))
    flag.unlink()
    os.kill(supervisor.pid("celery"), signal.SIGKILL)
    await notes.until("celery died")
    await until(lambda: _runs(supervisor, "celery"))
    # The words of the first run still stand in the log and must not count.
    assert not any("is back" in line for _, line in notes.lines)
    flag.touch()
    await notes.until("celery is back")


def _runs(supervisor: Supervisor, name: str) -> bool:
    try:
        return is_alive(supervisor.pid(name))
    except KeyError:
        return False


async def test_the_back_off_doubles_up_to_its_limit(supervisor: Supervisor, notes: Notes, tmp_path: Path) -> None:
    flag = tmp_path / "fine"
    flag.touch()
    code = f"import os, sys, time; os.path.exists({str(flag)!r}) or sys.exit(3); time.sleep(600)"
    await supervisor.start(Program(name="beat", argv=(sys.executable, "-c", code)))
    flag.unlink()
    os.kill(supervisor.pid("beat"), signal.SIGKILL)
    await until(lambda: len([line for level, line in notes.lines if level == "bad"]) >= 4)
    said = [line for level, line in notes.lines if level == "bad"][:4]
    assert said == [
        "beat died (SIGKILL). Starting it again in 0.01 s.",
        "beat died (exit code 3). Starting it again in 0.02 s.",
        "beat died (exit code 3). Starting it again in 0.04 s.",
        "beat died (exit code 3). Starting it again in 0.04 s.",
    ]


def test_back_off_starts_over_after_a_calm_run() -> None:
    backoff = Backoff(first=0.5, limit=30)
    assert [backoff.delay(number) for number in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_a_child_that_ends_while_starting_shows_its_last_words(supervisor: Supervisor) -> None:
    async def never() -> bool:
        return False

    code = "import sys; sys.exit('no such model')"
    with pytest.raises(StackError) as caught:
        await supervisor.start(
            Program(
                name="worker", argv=(sys.executable, "-c", code), ready=never, hint="Run 'manage.py models verify'."
            )
        )
    assert caught.value.code == "child_not_ready"
    assert "worker ended while starting (exit code 1)" in caught.value.message
    assert "Run 'manage.py models verify'." in caught.value.message
    assert caught.value.details == "no such model"


async def test_a_program_that_does_not_exist_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StackError) as caught:
        await supervisor.start(Program(name="web", argv=("/nowhere/daphne",)))
    assert caught.value.code == "child_not_startable"


async def test_stop_ends_children_grandchildren_and_stubborn_ones(
    supervisor: Supervisor, notes: Notes, tmp_path: Path
) -> None:
    await supervisor.start(program(tmp_path / "web", code=PARENT))
    await supervisor.start(program(tmp_path / "beat", "stubborn"))
    grandchild = tmp_path / "web.grandchild"
    await until(grandchild.exists)
    pids = [supervisor.pid("web"), supervisor.pid("beat"), int(grandchild.read_text())]
    assert all(is_alive(pid) for pid in pids)
    await supervisor.stop()
    await until(lambda: not any(is_alive(pid) for pid in pids))
    assert ("warn", "beat does not stop; ending it.") in notes.lines


# The supervisor as a process of its own, so that it can be interrupted and killed.
OUTSIDE = f"""
import asyncio, os, pathlib, signal, sys
from parley.stack.report import PlainReport
from parley.stack.supervisor import Program, Supervisor

folder = pathlib.Path(sys.argv[1])

def program(name, code):
    async def ready():
        return (folder / name).exists()
    return Program(name, (sys.executable, "-c", code, str(folder / name)), ready)

async def main():
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    async with Supervisor(cwd=folder, env=dict(os.environ), log_dir=folder, report=PlainReport()) as supervisor:
        await supervisor.start(program("web", {PARENT!r}))
        await supervisor.start(program("worker", {CHILD!r}))
        print("up", flush=True)
        await done.wait()

asyncio.run(main())
"""


def start_outside(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A supervisor process with three descendants, and their process ids."""
    env = dict(os.environ, PYTHONPATH=f"{ROOT / 'platform'}:{ROOT}")
    process = subprocess.Popen(
        [sys.executable, "-c", OUTSIDE, str(folder)], stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process, [int((folder / name).read_text()) for name in ("web", "web.grandchild", "worker")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_stops_every_child(tmp_path: Path, number: signal.Signals) -> None:
    process, pids = await asyncio.to_thread(start_outside, tmp_path)
    process.send_signal(number)
    assert await asyncio.to_thread(process.wait, PATIENCE) == 0
    process.stdout.close()  # type: ignore[union-attr]
    await until(lambda: not any(is_alive(pid) for pid in pids))


async def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path: Path) -> None:
    process, pids = await asyncio.to_thread(start_outside, tmp_path)
    assert all(is_alive(pid) for pid in pids)
    process.kill()
    await asyncio.to_thread(process.wait, PATIENCE)
    process.stdout.close()  # type: ignore[union-attr]
    await until(lambda: not any(is_alive(pid) for pid in pids))


async def test_the_guard_ends_single_processes_with_their_own_signal(tmp_path: Path) -> None:
    """PostgreSQL runs apart from the group and wants SIGINT; dropped ones are left alone."""
    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)") for _ in range(2)
    ]
    guard = Path(sys.modules[Supervisor.__module__].__file__ or "").with_name("guard.py")
    process = await asyncio.create_subprocess_exec(sys.executable, str(guard), stdin=asyncio.subprocess.PIPE)
    orders = [
        {"add": children[0].pid, "group": False, "signal": int(signal.SIGINT)},
        {"add": children[1].pid, "group": False, "signal": int(signal.SIGINT)},
        {"drop": children[1].pid},
    ]
    await process.communicate("".join(json.dumps(order) + "\n" for order in orders).encode())
    assert await children[0].wait() == -signal.SIGINT or children[0].returncode == 1
    assert children[1].returncode is None
    children[1].kill()
    await children[1].wait()


# Notes the order in which children end, in a file they share.
LEAVER = """
import pathlib, signal, sys, time
def leave(number, frame):
    with pathlib.Path(sys.argv[2]).open("a") as file:
        file.write(pathlib.Path(sys.argv[1]).name + " " + signal.Signals(number).name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
signal.signal(signal.SIGINT, leave)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


async def test_what_drains_is_stopped_before_what_it_needs(tmp_path: Path, notes: Notes) -> None:
    order = tmp_path / "order"
    async with Supervisor(cwd=tmp_path, env=dict(os.environ), log_dir=tmp_path / "log", report=notes) as supervisor:
        web = replace(program(tmp_path / "web", str(order), code=LEAVER), drains=1.0)
        await supervisor.start(web)
        await supervisor.start(program(tmp_path / "worker", str(order), code=LEAVER))
    assert order.read_text().split("\n")[:2] == ["web SIGTERM", "worker SIGTERM"]
