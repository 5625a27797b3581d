"""The gallery: whole agents, each as a file of the form that exporting writes.

`conversations/` holds what callers say to them and what should come of it (`agents.evaluation`);
`conversations_fresh/` the same in other words, written without the rules in view.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def template_content(key: str) -> dict[str, Any]:
    """Draft values by field name, the flow among them. For reading only: it is shared."""
    file = json.loads((FOLDER / f"{key}.json").read_bytes())
    return {**file["fields"], "flow": file["flow"]}
