"""How many replicas there may be and what each of them has, from the environment. Knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference.errors import ParleyError

BESIDE = 16
"""Requests that are no conversations: probes, fixed sentences, voice notes."""


@dataclass(frozen=True, slots=True)
class Settings:
    least: int
    most_replicas: int
    target: float
    """Conversations a replica should have: with more of them on average, another one is started."""
    most: int
    """Requests and conversations that Serve gives a replica at once. The worker itself refuses before."""
    cpus: float
    gpus: float
    drain_seconds: float
    up_seconds: float
    down_seconds: float

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Raises ParleyError(code="config")."""
        least = int(_number(environ, "PARLEY_RAY_REPLICAS", 1))
        target = _number(environ, "PARLEY_RAY_CONVERSATIONS", 8)
        if least < 1 or target <= 0:
            raise ParleyError("PARLEY_RAY_REPLICAS and PARLEY_RAY_CONVERSATIONS must be above 0.", code="config")
        return cls(
            least=least,
            most_replicas=max(least, int(_number(environ, "PARLEY_RAY_MOST_REPLICAS", least))),
            target=target,
            # Messages take eight times as many places as calls do, and little else.
            most=int(_number(environ, "PARLEY_RAY_MOST_REQUESTS", 9 * 2 * target)) + BESIDE,
            cpus=_number(environ, "PARLEY_RAY_CPUS", 2),
            gpus=_number(environ, "PARLEY_RAY_GPUS", 0),
            drain_seconds=_number(environ, "PARLEY_DRAIN_SECONDS", 900),
            up_seconds=_number(environ, "PARLEY_RAY_UP_SECONDS", 10),
            down_seconds=_number(environ, "PARLEY_RAY_DOWN_SECONDS", 600),
        )

    def autoscaling(self) -> dict[str, Any]:
        """Serve counts a WebSocket as a request for as long as it is open: its figure is that of conversations."""
        return {
            "min_replicas": self.least,
            "max_replicas": self.most_replicas,
            "target_ongoing_requests": self.target,
            "upscale_delay_s": self.up_seconds,
            "downscale_delay_s": self.down_seconds,
            "metrics_interval_s": 2.0,
            "look_back_period_s": 10.0,
        }


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = -1.0
    if number < 0:
        raise ParleyError(f"{name} must be a number, not {text!r}.", code="config")
    return number
