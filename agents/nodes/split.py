"""Split: send some callers one way and some another, to compare."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from agents.fields import ListField, NumberField, TextField
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import Port
from agents.problems import Problem
from inference.nodes import Share, SplitNode


def compile_split(node: str, values: Values) -> SplitNode:
    weight = SHARE_FIELDS[1].blank()
    shares = tuple(Share(item["name"], float(item.get("weight", weight))) for item in values["shares"])
    return SplitNode(id=node, shares=shares)


def judge_split(node: str, values: Values) -> list[Problem]:
    if any(item.get("weight", 1) for item in values["shares"]):
        return []
    return [Problem(node, "shares", "no_weight", _now("All shares are 0. Give one of them more."))]


SHARE_FIELDS = (
    TextField(name="name", label=_("Name"), help=_("What you call this variant."), max_length=40, required=True),
    NumberField(
        name="weight",
        label=_("Share"),
        help=_("Against the others: 1 and 1 is half and half, 9 and 1 one in ten."),
        minimum=0,
        maximum=100,
        step=1,
        default=1,
    ),
)

SPLIT = NodeKind(
    kind="split",
    label=_("Split"),
    summary=_("Sends callers different ways, by share."),
    docs=_("For comparing two ways of doing it. The same caller is always sent the same way."),
    group="decide",
    icon="call_split",
    fields=(
        ListField(
            name="shares",
            label=_("Variants"),
            help=_("Each has its own path."),
            max_items=8,
            required=True,
            title="name",
            item=_("variant"),
            default=({"name": "A", "weight": 1}, {"name": "B", "weight": 1}),
            fields=SHARE_FIELDS,
        ),
    ),
    ports=(
        Port(
            name="split:{}",
            label="{}",
            kind="event",
            event="split:{}",
            required=True,
            each="shares",
            keys=("name",),
            captions=("name",),
        ),
    ),
    judge=judge_split,
    compile=compile_split,
)
