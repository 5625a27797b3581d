from __future__ import annotations

import socket
from pathlib import Path

import pytest

from parley.stack import preflight
from parley.stack.errors import StackError


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError) as caught:
            preflight.check_port("127.0.0.1", port, "PARLEY_PORT")
    assert caught.value.code == "port_taken"
    assert f"Port {port} on 127.0.0.1" in caught.value.message
    assert f"PARLEY_PORT={port + 1} make run" in caught.value.message


def test_a_free_port_passes() -> None:
    preflight.check_port("127.0.0.1", preflight.spare_port(), "PARLEY_PORT")


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_other_pythons_are_refused(version: tuple[int, int]) -> None:
    with pytest.raises(StackError) as caught:
        preflight.check_python(version)
    assert caught.value.code == "python_version"
    assert f"this is 3.{version[1]}" in caught.value.message


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_ours_pass(version: tuple[int, int]) -> None:
    preflight.check_python(version)


def test_too_little_space_says_how_much_and_where(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        preflight.check_space(tmp_path / "not" / "there", 1 << 60, "the weights", "PARLEY_WEIGHTS")
    assert caught.value.code == "disk_full"
    assert str(tmp_path) in caught.value.message
    assert "the weights need 1073741824.0 GB" in caught.value.message
    assert "PARLEY_WEIGHTS=" in caught.value.message
    preflight.check_space(tmp_path, 1, "the weights", "PARLEY_WEIGHTS")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(StackError) as caught:
        preflight.check_folder(tmp_path / "var")
    assert caught.value.code == "folder_not_writable"
    preflight.check_folder(tmp_path / "new" / "var")
    assert (tmp_path / "new" / "var").is_dir()


def test_one_stack_for_one_folder(tmp_path: Path) -> None:
    with preflight.only_one(tmp_path), pytest.raises(StackError) as caught, preflight.only_one(tmp_path):
        pass
    assert caught.value.code == "already_running"
    with preflight.only_one(tmp_path):
        pass


def test_a_socket_listens_before_anybody_takes_from_it() -> None:
    with preflight.listen_on("127.0.0.1", 0, "PARLEY_PORT") as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        with pytest.raises(StackError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            preflight.listen_on("127.0.0.1", port, "PARLEY_PORT")
