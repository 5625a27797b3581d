"""What a draft says of the time after a conversation before anybody has thought about it. A leaf: models and fields use it."""

from __future__ import annotations

from typing import Any


def default_after_call() -> dict[str, Any]:
    """What is looked at after a conversation of an agent whose maker never thought about it: a new copy each time."""
    return {
        "analyse": True,
        "outcomes": [
            {
                "name": "Solved",
                "description": "The caller got the answer or the thing they asked for.",
                "solved": True,
                "steps": [],
            },
            {
                "name": "To follow up",
                "description": "Somebody of the team has to call back or to do something.",
                "solved": False,
                "steps": [],
            },
            {
                "name": "Not solved",
                "description": "The caller did not get what they wanted.",
                "solved": False,
                "steps": [],
            },
        ],
        "fields": [],
        "instruction": "",
    }
