from __future__ import annotations

import asyncio
import sys

from parley.stack.pipes import KEPT, communicate

PIPE = asyncio.subprocess.PIPE


async def run(code: str, data: bytes = b"") -> tuple[bytes, bytes, list[str], int | None]:
    lines: list[str] = []
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    out, err = await communicate(process, data, on_line=lines.append)
    return out, err, lines, process.returncode


async def test_each_line_of_stderr_is_handed_over() -> None:
    code = "import sys; sys.stderr.write('one\\ntwo\\nrest'); sys.stdout.write(sys.stdin.read().upper()); sys.exit(3)"
    assert await run(code, b"said") == (b"SAID", b"one\ntwo\nrest", ["one", "two", "rest"], 3)


async def test_a_flood_of_stderr_is_read_and_its_end_kept() -> None:
    _, err, lines, _ = await run(f"import sys; sys.stderr.write('x' * {3 * KEPT} + 'end')")
    assert len(err) == KEPT
    assert err.endswith(b"xend")
    assert [len(line) for line in lines] == [3 * KEPT + 3]


async def test_a_process_that_reads_nothing_is_no_error() -> None:
    *_, code = await run("pass", b"x" * 1_000_000)
    assert code == 0
