#!/usr/bin/env python
"""Django's command line, with platform/ on the path and the embedded servers running when no others are named."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    for folder in (ROOT / "platform", ROOT):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parley.settings")
    from parley.embedded import EmbeddedError, ensure_for_command

    try:
        ensure_for_command(sys.argv)
    except EmbeddedError as error:
        sys.exit(f"{error.code}: {error.message}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
