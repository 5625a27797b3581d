"""Environment variables, read strictly: a word that is not understood stops the start with a clear sentence."""

from __future__ import annotations

import os
from pathlib import Path


class EnvironmentProblem(ValueError):
    """A variable holds a value that cannot be used; the text names the variable and what it may hold."""


def env_str(name: str, default: str = "") -> str:
    """The variable, or `default` when it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool) -> bool:
    word = env_str(name).lower()
    if not word:
        return default
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise EnvironmentProblem(f"{name} must be yes or no, not {word!r}.")


def env_int(name: str, default: int) -> int:
    word = env_str(name)
    if not word:
        return default
    try:
        return int(word)
    except ValueError:
        raise EnvironmentProblem(f"{name} must be a whole number, not {word!r}.") from None


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated words, without empty ones."""
    return [word.strip() for word in env_str(name, default).split(",") if word.strip()]


def env_secret(name: str) -> str:
    """The secret in `name`, or in the file that `name_FILE` points to (container secrets); empty when neither is set."""
    value = env_str(name)
    path = env_str(f"{name}_FILE")
    if value and path:
        raise EnvironmentProblem(f"Set {name} or {name}_FILE, not both.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentProblem(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
