from __future__ import annotations

from django.conf import settings

from parley.backup.work import Place
from parley.lib.sealing import sealer


def this_installation() -> Place:
    """As the settings say."""
    return Place(
        database_url=settings.DATABASE_URL,
        recordings=settings.PARLEY_RECORDINGS,
        secrets=settings.PARLEY_VAR / "secrets",
        version=settings.PARLEY_VERSION,
        sealing_keys=sealer().ids,
    )
