"""`python -m inference.catalogue`."""

from __future__ import annotations

import sys

from inference.catalogue.cli import main

if __name__ == "__main__":
    sys.exit(main())
