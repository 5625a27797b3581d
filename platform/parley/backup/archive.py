"""The file of a backup: a tar with the dump, the recordings, perhaps the keys, and last what they must hash to."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

import msgspec
from msgspec import Struct

from parley.backup.errors import BackupError

FORM: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
RECORDINGS: Final = "recordings"
SECRETS: Final = "secrets"


class Manifest(Struct, frozen=True):
    form: int
    version: str
    """Of Parley."""
    made: str
    """ISO 8601, UTC."""
    rows: dict[str, int]
    """By table, as counted just before the dump."""
    sealing_keys: tuple[str, ...]
    """Ids of the keys that open what is sealed in it."""
    sha256: dict[str, str] = {}
    """By member."""


class Writer:
    """Collects members; `close` adds the manifest. The file has its name only when it is whole."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: dict[str, str] = {}

    def add(self, path: Path, name: str) -> None:
        """A file that has gone meanwhile (erased by its owner) is left out."""
        try:
            with open(path, "rb") as file:
                member = self._tar.gettarinfo(arcname=name, fileobj=file)
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                hashing = _Hashing(file)
                self._tar.addfile(member, cast(IO[bytes], hashing))
        except FileNotFoundError:
            return
        self._sums[name] = hashing.hexdigest()

    def add_folder(self, folder: Path, name: str) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.add(path, f"{name}/{path.relative_to(folder).as_posix()}")

    def close(self, manifest: Manifest) -> None:
        data = msgspec.json.encode(msgspec.structs.replace(manifest, sha256=self._sums))
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, io.BytesIO(data))


@contextmanager
def written(file: Path) -> Iterator[Writer]:
    """`file` is there when the block has ended, and not at all when it fails. Only its owner may read it."""
    draft = file.with_name(f".{file.name}.part")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as target, tarfile.open(fileobj=target, mode="w") as tar:
            yield Writer(tar)
        draft.rename(file)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def unpacked(file: Path, folder: Path) -> Manifest:
    """Every member below `folder`, each with the checksum that the manifest says. Raises BackupError."""
    sums: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    raise BackupError(f"{file} holds {member.name}, which no backup has.")
                if member.name == MANIFEST:
                    manifest = msgspec.json.decode(source.read(), type=Manifest)
                else:
                    sums[member.name] = _copied(source, _below(folder, member.name))
    except (tarfile.TarError, EOFError, msgspec.MsgspecError) as error:
        raise BackupError(f"{file} is no backup, or a part of one: {error}.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}.") from error
    if manifest is None:
        raise BackupError(f"{file} is not complete: it has no list of what must be in it.")
    if manifest.form != FORM:
        raise BackupError(f"{file} is of form {manifest.form}; this version reads {FORM}.")
    wrong = sorted(name for name in manifest.sha256.keys() | sums.keys() if manifest.sha256.get(name) != sums.get(name))
    if wrong:
        raise BackupError(f"{file} is damaged: {', '.join(wrong[:5])}.")
    return manifest


def _below(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute():
        raise BackupError(f"The backup holds a path that leads out of it: {name}.")
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _copied(source: IO[bytes], path: Path) -> str:
    hashing = _Hashing(source)
    with open(path, "wb") as target:
        shutil.copyfileobj(cast(IO[bytes], hashing), target)
    return hashing.hexdigest()


class _Hashing:
    """A reader that knows the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._sum.update(data)
        return data

    def hexdigest(self) -> str:
        return self._sum.hexdigest()
