"""Private PostgreSQL and Valkey for the tests, then Django, then the cast. Works alone and under pytest-xdist.

pytest-django would read the settings before this file runs if the ini file named them: so it does not, and we do.
"""

from __future__ import annotations

import os

import django
import pytest
from django.conf import settings

from tests.support import servers

if settings.configured:
    raise pytest.UsageError("Do not set DJANGO_SETTINGS_MODULE for pytest: tests/conftest.py starts the servers first.")
servers.use_private_servers()
os.environ["DJANGO_SETTINGS_MODULE"] = "parley.settings"
django.setup()

pytest_plugins = ["tests.support.cast", "tests.support.environment"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The workers inherit the environment: without this they would read the settings before their own conftest."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
