from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from pytest_django.fixtures import Settings

from parley import checks


def ids(check: Callable[[], list[CheckMessage]]) -> list[str]:
    found = check()
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_a_clone_is_in_order() -> None:
    call_command("check")


@pytest.mark.parametrize(
    ("check", "changes", "expected"),
    [
        (checks.check_secrets, {"SECRET_KEY": "short"}, ["parley.E001"]),
        (checks.check_secrets, {"PARLEY_WORKER_TOKEN": ""}, ["parley.E002"]),
        (checks.check_secrets, {"DEBUG": True, "PARLEY_PUBLIC_URL": "https://parley.example"}, ["parley.E003"]),
        (checks.check_secrets, {"DEBUG": True}, []),
        (checks.check_public_url, {"PARLEY_PUBLIC_URL": "parley.example"}, ["parley.E004"]),
        (checks.check_public_url, {"PARLEY_PUBLIC_URL": "http://parley.example"}, ["parley.W001"]),
        (checks.check_public_url, {"PARLEY_PUBLIC_URL": "https://parley.example"}, []),
        (checks.check_secrets, {"PARLEY_SEALING_KEYS": ["short"]}, ["parley.E008"]),
        (checks.check_egress, {"PARLEY_EGRESS_ALLOW": ["http://crm.lan/"]}, ["parley.E009"]),
        (checks.check_egress, {"PARLEY_EGRESS_ALLOW": ["10.1.0.0/16", "crm.lan:8443"]}, []),
        (checks.check_workers, {"PARLEY_WORKERS": []}, ["parley.E007"]),
        (checks.check_workers, {"PARLEY_WORKERS": ["worker:8100"]}, ["parley.E007"]),
    ],
)
def test_misconfiguration_is_found(
    settings: Settings,
    check: Callable[[], list[CheckMessage]],
    changes: dict[str, Any],
    expected: list[str],
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids(check) == expected


def test_a_file_in_the_place_of_a_folder_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("", encoding="ascii")
    settings.PARLEY_WEIGHTS = tmp_path / "weights" / "whisper"
    assert ids(checks.check_folders) == ["parley.E006"]
