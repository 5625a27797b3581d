from __future__ import annotations

from inference.errors import ParleyError


class BackupError(ParleyError):
    """A backup cannot be made, read or brought back; the message says what to do."""

    code = "backup"
    permanent = True
