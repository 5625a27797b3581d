"""What every test starts from: an empty Valkey database, fast password hashing, files in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings


@pytest.fixture(autouse=True)
def _test_settings(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.PARLEY_RECORDINGS = tmp_path / "recordings"  # type: ignore[attr-defined]
    # A machine that is busy with other tests may be silent for seconds: that is no database that is away.
    monkeypatch.setattr("channels_io.hooks.SECONDS", 20.0)


@pytest.fixture(autouse=True)
def _empty_valkey() -> Iterator[None]:
    yield
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()
