from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing an agent tells a queue that these tests do not run."""
    monkeypatch.setattr("agents.tasks.warm_workers.delay", lambda: None)
