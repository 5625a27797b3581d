"""Private PostgreSQL and Valkey for the tests, then the cast. Works alone and under pytest-xdist."""

from __future__ import annotations

import os
import sys

from tests.support import servers

servers.use_private_servers()

# pytest-django may have read the settings before this file could say where the servers are: read them again.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parley.settings")
from django.conf import settings  # noqa: E402
from django.utils.functional import empty  # noqa: E402

if settings.configured:
    sys.modules.pop("parley.settings", None)
    settings._wrapped = empty  # type: ignore[assignment]

pytest_plugins = ["tests.support.cast", "tests.support.environment"]
