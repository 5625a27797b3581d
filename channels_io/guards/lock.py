"""One question at a time in a workspace."""

from __future__ import annotations

from typing import Final

from django.db import connection

from parley.accounts.models import Workspace

PATIENCE: Final = "5s"
"""How long to wait for the others; then OperationalError."""


def lock_spending(workspace: Workspace) -> None:
    """Hold the workspace's lock until the transaction ends. Call inside one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [PATIENCE])
        (before, _now) = cursor.fetchone()
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)), set_config('lock_timeout', %s, true)",
            [f"spending:{workspace.pk}", before],
        )
