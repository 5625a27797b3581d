from __future__ import annotations

import gc
import subprocess
import sys

from parley.asgi import application


def test_what_the_web_process_has_loaded_is_spared_by_the_collector() -> None:
    assert application is not None
    assert gc.get_freeze_count() > 50_000


def test_the_pages_are_imported_before_anybody_asks_for_one() -> None:
    look = "import sys, parley.asgi; print('channels_io.pages.inbox' in sys.modules, 'agents.pages' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == ["True", "True"]
