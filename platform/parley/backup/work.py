"""Making a backup, trying it, and bringing it back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from parley.backup import archive, database
from parley.backup.archive import DUMP, FORM, RECORDINGS, SECRETS, Manifest
from parley.backup.errors import BackupError
from parley.lib.sealing import Sealer

SCRATCH: Final = "parley_backup_trial"
SEALING_KEY: Final = "sealing_key"


@dataclass(frozen=True, slots=True)
class Place:
    """What is backed up, or brought back to."""

    database_url: str
    recordings: Path
    secrets: Path
    version: str
    sealing_keys: tuple[str, ...]
    """Ids of the keys that this installation has."""


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    rows: int
    recordings: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Restored:
    made: str
    rows: int
    tables: int
    recordings: int
    unreadable: bool
    """What is sealed in it cannot be opened with the keys that are here."""
    changed: Sequence[str] = ()
    """Tables that hold another number of rows than when it was made: what was written while it was."""


def make(place: Place, file: Path, *, with_keys: bool, now: datetime | None = None) -> Made:
    """The database first: a recording that comes later is one too many, never one too few. Raises BackupError."""
    if file.exists():
        raise BackupError(f"{file} is there already.")
    rows = database.tables(place.database_url)
    made = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    with archive.written(file) as writer, tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        dump = Path(folder, DUMP)
        database.dump(place.database_url, dump)
        writer.add(dump, DUMP)
        writer.add_folder(place.recordings, RECORDINGS)
        if with_keys:
            writer.add_folder(place.secrets, SECRETS)
        manifest = Manifest(FORM, place.version, made, rows, place.sealing_keys)
        writer.close(manifest)
    files = sum(1 for path in place.recordings.rglob("*") if path.is_file())
    return Made(file, sum(rows.values()), files, file.stat().st_size)


def attempt(place: Place, file: Path) -> Restored:
    """Bring it back into a database of its own beside the real one, count, and drop that. Raises BackupError.

    Nothing of the installation is touched. The database's user must be allowed to create databases.
    """
    with (
        tempfile.TemporaryDirectory(prefix="parley-backup-") as folder,
        database.scratch(place.database_url, SCRATCH) as url,
    ):
        manifest = archive.unpacked(file, Path(folder))
        database.load(Path(folder, DUMP), url)
        return _restored(manifest, database.tables(url), Path(folder, RECORDINGS), place)


def bring_back(place: Place, file: Path, *, replace: bool, with_keys: bool, now: datetime | None = None) -> Restored:
    """The installation as it was. Everything is unpacked and checked before anything is replaced. Raises BackupError.

    `replace`: what is in the database goes; recordings and keys that are there are put aside under their name with the
    date. Without it a database that holds something is refused.
    """
    if not replace and not database.is_empty(place.database_url):
        raise BackupError(
            "The database is not empty. Stop web, Celery and beat, make a backup of what there is, and say --replace."
        )
    place.recordings.parent.mkdir(parents=True, exist_ok=True)
    # Beside the recordings, so that they are renamed and not copied a second time.
    with tempfile.TemporaryDirectory(dir=place.recordings.parent, prefix=".restore-") as name:
        folder = Path(name)
        manifest = archive.unpacked(file, folder)
        if with_keys and not (folder / SECRETS).is_dir():
            raise BackupError(f"{file} was made without keys.")
        if replace:
            database.empty(place.database_url)
        database.load(folder / DUMP, place.database_url)
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        (folder / RECORDINGS).mkdir(exist_ok=True)
        _swap(folder / RECORDINGS, place.recordings, stamp)
        known = place
        if with_keys:
            known = replace_fields(place, sealing_keys=(*place.sealing_keys, *_ids_in(folder / SECRETS)))
            _swap(folder / SECRETS, place.secrets, stamp)
            for path in place.secrets.rglob("*"):
                path.chmod(0o700 if path.is_dir() else 0o600)
            place.secrets.chmod(0o700)
        return _restored(manifest, database.tables(place.database_url), place.recordings, known)


def _ids_in(secrets: Path) -> tuple[str, ...]:
    try:
        return Sealer([(secrets / SEALING_KEY).read_text(encoding="utf-8").strip()]).ids
    except (OSError, ValueError):
        return ()


def _restored(manifest: Manifest, rows: dict[str, int], recordings: Path, place: Place) -> Restored:
    return Restored(
        made=manifest.made,
        rows=sum(rows.values()),
        tables=len(rows),
        recordings=sum(1 for path in recordings.rglob("*") if path.is_file()),
        unreadable=not set(manifest.sealing_keys) <= set(place.sealing_keys),
        changed=database.differences(manifest.rows, rows),
    )


def _swap(new: Path, place: Path, stamp: str) -> None:
    if place.exists():
        if any(place.iterdir()):
            place.rename(place.with_name(f"{place.name}.before-{stamp}"))
        else:
            place.rmdir()
    shutil.move(new, place)
