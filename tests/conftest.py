"""Private PostgreSQL and Valkey for the tests, then Django, then the cast. Works alone and under pytest-xdist.

pytest-django would read the settings before this file runs if the ini file named them: so it does not, and we do.
"""

from __future__ import annotations

import gc
import os

import django
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.support import servers

if settings.configured:
    raise pytest.UsageError("Do not set DJANGO_SETTINGS_MODULE for pytest: tests/conftest.py starts the servers first.")
servers.use_private_servers()
if "PYTEST_XDIST_WORKER" in os.environ:
    # Three of them on two cores: the threads of a model would wait for each other, spinning, most of the time.
    os.environ.setdefault("PARLEY_MODEL_THREADS", "1")
os.environ["DJANGO_SETTINGS_MODULE"] = "parley.settings"
django.setup()

# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile("parley", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("parley")

pytest_plugins = ["tests.support.cast", "tests.support.environment"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The workers inherit the environment: without this they would read the settings before their own conftest."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the longest time limits first: else one process works on them when the others have long ended."""

    def limit(item: pytest.Item) -> float:
        mark = item.get_closest_marker("timeout")
        return float(mark.args[0]) if mark is not None and mark.args else 0.0

    longest: dict[str, float] = {}
    for item in items:
        longest[item.nodeid.partition("::")[0]] = max(longest.get(item.nodeid.partition("::")[0], 0.0), limit(item))
    items.sort(key=lambda item: -longest[item.nodeid.partition("::")[0]])


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look through it in every test."""
    gc.freeze()
