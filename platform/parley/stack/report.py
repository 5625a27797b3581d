"""What the supervisor says while it works: pretty on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import Literal, Protocol, TextIO

Level = Literal["step", "good", "warn", "bad", "detail"]


class Report(Protocol):
    def say(self, message: str, level: Level = "step") -> None: ...


class PlainReport:
    """One line a message; for logs, pipes and CI."""

    MARKS = {"step": "·", "good": "+", "warn": "!", "bad": "x", "detail": " "}

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def say(self, message: str, level: Level = "step") -> None:
        mark = self.MARKS[level]
        indent = "    " if level == "detail" else f"{mark} "
        self._stream.write("".join(f"{indent}{line}\n" for line in message.splitlines()))
        self._stream.flush()


class RichReport:
    """Colours and marks on a terminal."""

    STYLES = {"step": "cyan", "good": "green", "warn": "yellow", "bad": "bold red", "detail": "dim"}
    MARKS = {"step": "•", "good": "✓", "warn": "!", "bad": "✗", "detail": " "}

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(highlight=False)

    def say(self, message: str, level: Level = "step") -> None:
        from rich.text import Text

        style = self.STYLES[level]
        if level == "detail":
            self.console.print(Text("    " + message.replace("\n", "\n    "), style=style))
        else:
            self.console.print(Text.assemble((f"{self.MARKS[level]} ", style), message))


def make_report() -> Report:
    if not sys.stdout.isatty():
        return PlainReport()
    try:
        return RichReport()
    except ImportError:
        # rich comes with the `local` extra; a server installation may lack it.
        return PlainReport()
