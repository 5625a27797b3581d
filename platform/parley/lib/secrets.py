"""Secrets at rest: files only their owner may read, digests of what we need not know again."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


def secret_file(path: Path, *, size: int = 48) -> str:
    """The secret kept at `path`, made on first use (0600, in a 0700 folder).

    Two processes that start together agree: the file is linked into place whole, and the loser reads the winner's.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(size) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def digest(secret: str) -> str:
    """SHA-256 of a random secret, as hex. Only for secrets of 128 bits and more: there is no salt and no stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in constant time."""
    return secrets.compare_digest(left.encode(), right.encode())
