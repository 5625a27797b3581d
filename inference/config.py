"""How this worker is set up, from its environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.errors import ParleyError

TEXT_PER_VOICE = 8
"""Text conversations admitted for each voice slot: they think rarely and never hold audio."""
PLACES = 4
"""Voice conversations that the engines make room for where PARLEY_CAPACITY does not say: more share what there is."""
MOST_CALLS = 64
MOST_FAKE_CALLS = 512
"""Not even a machine that measures more takes more, where PARLEY_CAPACITY does not say."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """`capacity` voice conversations have room in the engines; `agents` is a file of published specs or empty.

    `most` is how many may be admitted at most (0: `capacity`); what is measured may be less, unless it is `fixed`.

    `cache` is a folder for what makes the next start faster; it may be deleted at any time.
    """

    profile: str = "default"
    host: str = "127.0.0.1"
    port: int = 8100
    token: str = ""
    capacity: int = PLACES
    most: int = 0
    fixed: bool = False
    agents: str = ""
    cache: str = ""
    name: str = "worker"
    web_url: str = ""
    """Where this worker announces itself; empty: nowhere, the web was given its address."""
    url: str = ""
    """How the web reaches it; empty: at the address that it announces itself from."""
    drain_seconds: float = 25.0

    @property
    def most_calls(self) -> int:
        return self.most or self.capacity

    @property
    def text_capacity(self) -> int:
        return self.capacity * TEXT_PER_VOICE

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> WorkerConfig:
        """Raises ParleyError(code="config") naming the variable that is wrong."""
        profile = environ.get("PARLEY_PROFILE", "default")
        return cls(
            profile=profile,
            host=environ.get("PARLEY_WORKER_HOST", "127.0.0.1"),
            port=_integer(environ, "PARLEY_WORKER_PORT", 8100),
            token=_token(environ),
            capacity=_integer(environ, "PARLEY_CAPACITY", MOST_FAKE_CALLS if profile == "fake" else PLACES),
            most=_integer(environ, "PARLEY_CAPACITY", MOST_FAKE_CALLS if profile == "fake" else MOST_CALLS),
            fixed=_choice(environ, "PARLEY_ADMISSION", ("measured", "fixed")) == "fixed",
            agents=environ.get("PARLEY_AGENTS", ""),
            cache=str(_var(environ) / "cache" / "kv"),
            name=environ.get("PARLEY_WORKER_NAME", socket.gethostname()),
            web_url=environ.get("PARLEY_WEB_URL", ""),
            url=environ.get("PARLEY_WORKER_URL", ""),
            drain_seconds=float(_integer(environ, "PARLEY_DRAIN_SECONDS", 25, least=0)),
        )


def secret(environ: Mapping[str, str], name: str) -> str:
    """The secret in `name`, or in the file that `name`_FILE points to; empty when neither is set.

    Raises ParleyError(code="config").
    """
    value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if value and path:
        raise ParleyError(f"Set {name} or {name}_FILE, not both.", code="config")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
        raise ParleyError(message, code="config") from error


def _integer(environ: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit() or int(text) < least:
        raise ParleyError(f"{name} must be a whole number above {least - 1}, not {text!r}.", code="config")
    return int(text)


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first of `choices` where nothing is said."""
    chosen = environ.get(name, choices[0])
    if chosen not in choices:
        raise ParleyError(f"{name} must be one of {', '.join(choices)}, not {chosen!r}.", code="config")
    return chosen


def _var(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PARLEY_VAR") or Path(__file__).parent.parent / "var")


def _token(environ: Mapping[str, str]) -> str:
    """The shared secret: PARLEY_WORKER_TOKEN, or the file that the web side generates under PARLEY_VAR."""
    token = secret(environ, "PARLEY_WORKER_TOKEN")
    if token:
        return token
    path = _var(environ) / "secrets" / "worker_token"
    try:
        token = path.read_text().strip()
    except OSError:
        token = ""
    if not token:
        raise ParleyError(
            "The worker needs a shared secret: set PARLEY_WORKER_TOKEN to the same value for web and worker.",
            code="config",
        )
    return token
