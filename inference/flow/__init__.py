"""The flow runner: which node speaks next. Pure and resumable: `begin` a state, `advance` it by answers.

steps.py      what is needed and what became of it: the whole vocabulary
state.py      where a conversation stands
runner.py     begin, advance; answering.py → the node that asked; entering.py → a node entered
hearing.py    the caller's turn; routes.py: edges and global nodes; returning.py: where a path ends; taking_up.py: after a person has talked
asking.py     collect, form, menu: with confirming.py, corrections.py, puzzled.py, remarks.py, taking.py, questions.py
talking.py    say, goal, end; changing.py: set, split, sub-flow, extract; working.py: whatever is done outside,
              with verifying.py (a one-time code) and moving.py (on in messages)
templates.py  `{{name}}`, by flat name only; conditions.py: rows of conditions
"""

from __future__ import annotations

from inference.flow.runner import advance, again, at, begin, expects, goal_of, take_up
from inference.flow.state import FlowState
from inference.flow.steps import Answer, Moment, Step
from inference.flow.taking_up import come_back, left_for_person

__all__ = [
    "Answer",
    "FlowState",
    "Moment",
    "Step",
    "advance",
    "again",
    "at",
    "begin",
    "come_back",
    "expects",
    "goal_of",
    "left_for_person",
    "take_up",
]
