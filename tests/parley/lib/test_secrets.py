from __future__ import annotations

import threading
from pathlib import Path

from parley.lib.secrets import digest, same, secret_file


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "worker_token"
    first = secret_file(path)
    assert len(first) >= 48
    assert secret_file(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    path = tmp_path / "key"
    found: list[str] = []
    gate = threading.Barrier(8)

    def read() -> None:
        gate.wait()
        found.append(secret_file(path))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [child.name for child in tmp_path.iterdir()] == ["key"]


def test_digest_and_comparison() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert same("ü", "ü")
    assert not same("a", "b")
