from __future__ import annotations

import subprocess
import sys

LOOK = """
import gc, sys
import parley.asgi
print(gc.isenabled(), gc.get_freeze_count() > 50_000)
print("channels_io.pages.inbox" in sys.modules, "agents.pages" in sys.modules)
"""


def test_what_is_loaded_is_all_there_and_spared_by_the_collector() -> None:
    """In a process of its own: this one has frozen what it collected."""
    found = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == ["True", "True", "True", "True"]
