"""Python's garbage collector in a process of the worker."""

from __future__ import annotations

import gc


def spare_what_is_loaded() -> None:
    """Leave out what stays for the life of the process: the collector would look at all of it while people talk."""
    gc.collect()
    gc.freeze()
