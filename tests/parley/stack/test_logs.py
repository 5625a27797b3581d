from __future__ import annotations

from pathlib import Path

from parley.stack.logs import rotate, tail


def test_a_grown_log_is_copied_and_truncated_under_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    with path.open("a") as writer:
        for number in range(5):
            writer.write(f"{number}" * 10)
            writer.flush()
            assert rotate(path, limit=10)
            assert path.read_text() == ""
        writer.write("after")
    assert path.read_text() == "after"
    assert [(tmp_path / f"web.log.{number}").read_text() for number in (1, 2, 3)] == ["4" * 10, "3" * 10, "2" * 10]
    assert not (tmp_path / "web.log.4").exists()


def test_small_and_missing_logs_stay(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    assert not rotate(path)
    path.write_text("short")
    assert not rotate(path)
    assert path.read_text() == "short"


def test_tail_shows_the_end_since_the_last_start(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    assert tail(path) == ""
    path.write_bytes(b"old\n" + b"".join(b"line %d\n" % number for number in range(30)) + b"bad \xff byte\n")
    assert tail(path, lines=2) == "line 29\nbad � byte"
    assert tail(path, lines=100, since=4).startswith("line 0\n")
    # Truncated meanwhile: what is there counts.
    assert tail(path, lines=100, since=10_000).startswith("old\n")
