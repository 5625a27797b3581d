"""What `manage.py simulate` asks of the terminal and of this machine."""

from __future__ import annotations

import asyncio
import sys
from argparse import Action, ArgumentParser, Namespace
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandError

from channels_io.simulators.stand_in import served_at


class InOrder(Action):
    """`--wav`, `--text`, `--digits` and `--interrupt-after` as they were given: (option's name, value) one after the other."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        given = list(getattr(namespace, self.dest, None) or [])
        every = values if isinstance(values, list) else [values]
        setattr(namespace, self.dest, [*given, *((self.metavar, value) for value in every)])


async def reachable() -> None:
    """Raises CommandError when no server listens."""
    where = urlsplit(served_at())
    try:
        _, writer = await asyncio.open_connection(where.hostname, where.port)
    except OSError as error:
        raise CommandError(
            f"Nobody answers at {served_at()}. Start Parley with `make run` in another terminal."
        ) from error
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def typed() -> str | None:
    """The next line that is not empty; None at the end of the input."""
    while line := sys.stdin.readline():
        if line.strip():
            return line.strip()
    return None


def in_words(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return (
            f"{error}. The simulator takes the port of PARLEY_SIMULATOR_URL: is another `manage.py simulate` running?"
        )
    return str(error)
