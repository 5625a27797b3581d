"""`Process.communicate` that lets one watch: each line of standard error is handed over when it comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

KEPT = 65_536


async def communicate(
    process: asyncio.subprocess.Process, data: bytes = b"", *, on_line: Callable[[str], None] | None = None
) -> tuple[bytes, bytes]:
    """(stdout, stderr) of a process whose outputs are pipes; `data` goes to its input, when that is one.

    Of stderr the last 64 kB are kept.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    error = bytearray()

    async def feed() -> None:
        if process.stdin is None:
            return
        # A process that ends early closes its input; its exit code tells why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.close()

    async def watch(stream: asyncio.StreamReader) -> None:
        begun = b""
        while piece := await stream.read(65_536):
            error.extend(piece)
            del error[:-KEPT]
            *lines, begun = (begun + piece).split(b"\n")
            if on_line is not None:
                for line in lines:
                    on_line(line.decode(errors="replace"))
        if begun and on_line is not None:
            on_line(begun.decode(errors="replace"))

    out, *_ = await asyncio.gather(process.stdout.read(), watch(process.stderr), feed())
    await process.wait()
    return out, bytes(error)
