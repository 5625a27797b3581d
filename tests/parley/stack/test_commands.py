"""`prepare` and `up` as commands."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command

from inference.spec import AgentSpec
from parley.accounts.models import Membership, User
from parley.stack.preflight import spare_port
from parley.stack.stack import ROOT


def prepare(path: Path) -> dict[str, object]:
    out = io.StringIO()
    call_command("prepare", specs=path, stdout=out)
    result = json.loads(out.getvalue().splitlines()[-1])
    assert isinstance(result, dict)
    return result


@pytest.mark.django_db
def test_prepare_makes_a_place_to_start_and_tells_the_password_once(tmp_path: Path) -> None:
    specs = tmp_path / "agents.json"
    first = prepare(specs)
    assert first["email"] == "operator@parley.local"
    user = User.objects.get()
    assert user.check_password(str(first["password"]))
    membership = Membership.objects.get(user=user)
    assert (membership.workspace.slug, membership.role) == ("demo", "owner")
    found = msgspec.json.decode(specs.read_bytes(), type=list[AgentSpec])
    assert {spec.name for spec in found} == {"Smile Dental reception", "Pizza line", "Dental booking"}
    assert first["agents"] == 3

    assert prepare(specs) == {"agents": 3, "email": "", "password": ""}
    assert User.objects.get().check_password(str(first["password"]))


def up(var: Path, port: int) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "REDIS_URL"))}
    env |= {
        "PARLEY_VAR": str(var),
        "PARLEY_PORT": str(port),
        "PARLEY_PROFILE": "fake",
        # No worker of its own: this test is about the rest.
        "PARLEY_WORKERS": f"http://127.0.0.1:{spare_port()}",
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--no-call"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, cwd=ROOT, start_new_session=True,
    )  # fmt: skip


def lines_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """What it said, up to the line with `words`; fails with all of it when that never comes."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if words in line:
            return lines
    pytest.fail(f"{words!r} never came:\n" + "\n".join(lines))


def left_behind(var: Path) -> list[str]:
    """Command lines of processes that still name this folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(var) in words and int(folder.name) != os.getpid():
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.timeout(180)
def test_up_serves_refuses_a_second_one_and_stops_with_everything(tmp_path: Path) -> None:
    var, port = tmp_path / "var", spare_port()
    process = up(var, port)
    try:
        said = lines_until(process, "Ctrl-C stops everything")
        assert any("operator@parley.local with the password" in line for line in said)
        second = up(var, spare_port())
        assert lines_until(second, "already_running")
        assert second.wait(60) == 1
        elsewhere = up(tmp_path / "var2", port)
        assert lines_until(elsewhere, "port_taken")
        assert elsewhere.wait(60) == 1
        for other in (second, elsewhere):
            assert other.stdout is not None
            other.stdout.close()
        process.send_signal(signal.SIGINT)
        assert lines_until(process, "Stopped.")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
    # A server that has said goodbye may take a moment to be gone.
    deadline = time.monotonic() + 20
    while left_behind(var) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind(var) == []
