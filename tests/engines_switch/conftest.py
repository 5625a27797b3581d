"""One conversation on three kinds of language model: `make test-switch`. Elsewhere there is nothing to collect here."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("PARLEY_VENV_VLLM") else ["test_*.py"]
