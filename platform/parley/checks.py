"""Misconfiguration, found at start (`manage.py check`, and before every command): an id and what to do."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from parley.lib.egress import allowed_of
from parley.lib.env import EnvironmentProblem
from parley.lib.sealing import SHORTEST_KEY


def register_all() -> None:
    for check in (check_secrets, check_public_url, check_folders, check_workers, check_egress):
        register(check, Tags.security if check is check_secrets else "parley")


def is_local() -> bool:
    return any(host in settings.PARLEY_PUBLIC_URL for host in ("//127.0.0.1", "//localhost", "//[::1]"))


def check_secrets(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 32:
        found.append(
            Error(
                "The secret key is shorter than 32 characters.",
                hint="Unset PARLEY_SECRET_KEY to have one made under var/secrets, or set a long random one.",
                id="parley.E001",
            )
        )
    if len(settings.PARLEY_WORKER_TOKEN) < 16:
        found.append(
            Error(
                "The worker token is missing or shorter than 16 characters.",
                hint="Set PARLEY_WORKER_TOKEN (or PARLEY_WORKER_TOKEN_FILE) to the same long random word for web and worker.",
                id="parley.E002",
            )
        )
    if any(len(key) < SHORTEST_KEY for key in settings.PARLEY_SEALING_KEYS):
        found.append(
            Error(
                f"A sealing key is shorter than {SHORTEST_KEY} characters.",
                hint="Unset PARLEY_SEALING_KEYS to have one made under var/secrets, or set long random ones.",
                id="parley.E008",
            )
        )
    if settings.DEBUG and not is_local():
        found.append(
            Error(
                "PARLEY_DEBUG is on while PARLEY_PUBLIC_URL is public: error pages would show settings to strangers.",
                hint="Unset PARLEY_DEBUG.",
                id="parley.E003",
            )
        )
    return found


def check_egress(**_kwargs: Any) -> list[CheckMessage]:
    try:
        allowed_of(settings.PARLEY_EGRESS_ALLOW)
    except EnvironmentProblem as error:
        hint = "Separate several with commas. Until it is right, tools call nothing."
        return [Error(str(error), hint=hint, id="parley.E009")]
    return []


def check_public_url(**_kwargs: Any) -> list[CheckMessage]:
    if settings.PARLEY_PUBLIC_URL.startswith("https://") or (
        is_local() and settings.PARLEY_PUBLIC_URL.startswith("http://")
    ):
        return []
    if not settings.PARLEY_PUBLIC_URL.startswith("http://"):
        return [
            Error(
                f"PARLEY_PUBLIC_URL is not a web address: {settings.PARLEY_PUBLIC_URL}",
                hint="Write it as https://parley.example.com.",
                id="parley.E004",
            )
        ]
    return [
        Warning(
            "PARLEY_PUBLIC_URL is plain http beyond this machine: passwords travel in the open, and browsers refuse the microphone.",
            hint="Put a TLS proxy in front and set PARLEY_PUBLIC_URL to its https address.",
            id="parley.W001",
        )
    ]


def check_folders(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, number in (("PARLEY_VAR", "E005"), ("PARLEY_WEIGHTS", "E006")):
        path = getattr(settings, name)
        nearest = next(folder for folder in (path, *path.parents) if folder.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            found.append(
                Error(
                    f"{name} is {path}, and {nearest} cannot be written to by this user.",
                    hint=f"Correct the rights of {nearest}, or set {name} to a folder this user owns.",
                    id=f"parley.{number}",
                )
            )
    return found


def check_workers(**_kwargs: Any) -> list[CheckMessage]:
    wrong = [url for url in settings.PARLEY_WORKERS if not url.startswith(("http://", "https://"))]
    if wrong or not (settings.PARLEY_WORKERS or settings.PARLEY_WORKERS_ANNOUNCED):
        return [
            Error(
                f"PARLEY_WORKERS must list addresses such as http://127.0.0.1:8100, not {', '.join(wrong) or 'nothing'}.",
                hint="Separate several workers with commas.",
                id="parley.E007",
            )
        ]
    return []
