"""The embedded servers for real: cold, warm, after kill -9, in a folder too deep for sockets, as an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from parley import embedded
from parley.embedded import Embedded, EmbeddedError
from parley.servers.place import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def var(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # Not tmp_path: its folders are closed to the user that PostgreSQL runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="parley-embedded-"))
    monkeypatch.setenv("PARLEY_EMBEDDED_UNSAFE", "1")
    yield folder
    give_up(folder)
    shutil.rmtree(folder, ignore_errors=True)


def give_up(folder: Path) -> None:
    """Stop the servers and let go of them, as the end of this process would."""
    embedded.stop(folder)
    held = embedded._held.pop(embedded.embedded(folder).run, None)
    if held is not None:
        held.close()


def rows(place: Embedded, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(place.database_url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def pids(place: Embedded) -> tuple[int, int]:
    postgres = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
    return postgres, int((place.run / "valkey.pid").read_text())


def start(var: Path) -> Embedded:
    embedded.ensure(var, postgres=True, valkey=True)
    return embedded.embedded(var)


def wait_gone(pid: int) -> None:
    assert until(lambda: not Path(f"/proc/{pid}").exists(), 10)


def test_addresses_are_known_without_starting(tmp_path: Path) -> None:
    place = embedded.embedded(tmp_path / "var")
    assert place.database_url == f"postgresql://parley@/parley?host={place.run}"
    assert place.redis_url == f"unix://{place.run}/valkey.sock"
    assert not (tmp_path / "var").exists()


def test_data_outlives_kill_9_of_both_servers(var: Path) -> None:
    place = start(var)
    rows(place, "CREATE TABLE kept (word text)")
    rows(place, "INSERT INTO kept VALUES ('still here')")
    for pid in pids(place):
        os.kill(pid, signal.SIGKILL)
        wait_gone(pid)
    assert (place.data / "postmaster.pid").exists()
    assert (place.run / "valkey.sock").exists()
    start(var)
    assert rows(place, "SELECT word FROM kept") == [("still here",)]
    with redis.Redis.from_url(place.redis_url) as client:
        assert client.ping() is True


def test_a_second_start_joins_the_running_servers(var: Path) -> None:
    place = start(var)
    first = pids(place)
    start(var)
    assert pids(place) == first


def test_a_pid_file_whose_number_is_now_another_process_does_not_stop_the_start(var: Path) -> None:
    place = start(var)
    embedded.stop(var)
    (place.data / "postmaster.pid").write_text(
        f"{os.getpid()}\n{place.data}\n1\n5432\n{place.run}\n\n\n", encoding="ascii"
    )
    (place.run / "valkey.pid").write_text(str(os.getpid()), encoding="ascii")
    start(var)
    assert rows(place, "SELECT 1") == [(1,)]


def test_an_interrupted_first_start_is_begun_again(var: Path) -> None:
    (var / "postgres.new").mkdir()
    (var / "postgres.new" / "half").write_text("made", encoding="ascii")
    place = start(var)
    assert rows(place, "SHOW server_encoding") == [("UTF8",)]
    assert not (var / "postgres.new").exists()


def test_a_folder_too_deep_for_a_socket_uses_a_private_one_in_the_temp_folder(var: Path) -> None:
    deep = var / ("a-long-name-" * 6) / ("and-another-" * 6)
    deep.mkdir(parents=True)
    place = start(deep)
    try:
        assert place.run.parent == Path(tempfile.gettempdir())
        assert place.run.stat().st_mode & 0o777 == 0o700
        assert rows(place, "SELECT 1") == [(1,)]
    finally:
        give_up(deep)
        shutil.rmtree(place.run)


def test_a_path_with_a_space_and_a_quote_works(var: Path) -> None:
    odd = var / "it's mine, really"
    odd.mkdir()
    place = start(odd)
    try:
        assert rows(place, "SELECT 1") == [(1,)]
    finally:
        give_up(odd)
        shutil.rmtree(place.run)


def test_a_socket_folder_of_somebody_else_is_refused(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = embedded.embedded(var)
    victim = var / "elsewhere"
    victim.mkdir()
    place.run.symlink_to(victim)
    with pytest.raises(EmbeddedError) as caught:
        start(var)
    assert caught.value.code == "embedded_folder"
    assert "PARLEY_VAR" in caught.value.message
    place.run.unlink()


def test_a_folder_that_cannot_be_made_is_said_clearly(var: Path) -> None:
    (var / "file").write_text("", encoding="ascii")
    with pytest.raises(EmbeddedError) as caught:
        embedded.ensure(var / "file" / "var", postgres=True, valkey=True)
    assert caught.value.code == "embedded_folder"


def test_a_server_that_cannot_start_says_why(var: Path) -> None:
    place = start(var)
    embedded.stop(var)
    (place.data / "postgresql.conf").write_text("no_such_setting = 1\n", encoding="ascii")
    with pytest.raises(EmbeddedError) as caught:
        start(var)
    assert caught.value.code == "embedded_postgres"
    assert "no_such_setting" in caught.value.message


def test_the_last_user_stops_the_servers(var: Path) -> None:
    """Two processes use them; the first to go leaves them running, the second stops them."""
    program = (
        "import sys, pathlib\n"
        "from parley import embedded\n"
        "embedded.ensure(pathlib.Path(sys.argv[1]), postgres=True, valkey=True)\n"
        "print('up', flush=True)\n"
        "sys.stdin.readline()\n"
    )

    def process() -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, "-c", program, str(var)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"},
        )
        assert started.stdout is not None
        assert started.stdout.readline() == "up\n"
        return started

    def end(running: subprocess.Popen[str]) -> None:
        running.communicate("\n", timeout=60)
        assert running.returncode == 0

    first, second = process(), process()
    place = embedded.embedded(var)
    postgres, valkey = pids(place)
    end(first)
    assert rows(place, "SELECT 1") == [(1,)]
    end(second)
    wait_gone(postgres)
    wait_gone(valkey)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_them_too(var: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(var, nobody.pw_uid, nobody.pw_gid)
    program = (
        "import sys, pathlib, psycopg\n"
        "from parley import embedded\n"
        "var = pathlib.Path(sys.argv[1])\n"
        "embedded.ensure(var, postgres=True, valkey=True)\n"
        "with psycopg.connect(embedded.embedded(var).database_url) as connection:\n"
        "    print(connection.execute('SELECT current_user').fetchone()[0])\n"
    )

    def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            env={"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            cwd="/",
            timeout=100,
            check=False,
        )

    try:
        as_nobody("-c", "")
    except PermissionError:
        pytest.skip("this interpreter lies where other users may not execute it")
    done = as_nobody("-c", program, str(var))
    assert done.stdout == "parley\n", done.stderr


def test_commands_that_need_no_server_start_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    for argv in (["manage.py"], ["manage.py", "check"], ["manage.py", "migrate", "--help"], ["manage.py", "--version"]):
        embedded.ensure_for_command(argv)
    assert not (tmp_path / "var").exists()


def test_servers_named_by_the_environment_replace_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/parley")
    monkeypatch.setenv("REDIS_URL", "redis://queue/0")
    assert embedded.wanted() == (False, False)
    embedded.ensure(tmp_path / "var")
    assert not (tmp_path / "var").exists()
