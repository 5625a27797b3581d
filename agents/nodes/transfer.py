"""Transfer: put the caller through to a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from agents.fields import ChoiceField, Option, TagsField, TextField, When
from agents.nodes.base import NodeKind, Values
from agents.nodes.ports import FAILURE, SUCCESS, Port
from inference.nodes import TransferNode

TEAM = When("to", ("team",))


def compile_transfer(node: str, values: Values) -> TransferNode:
    return TransferNode(
        id=node,
        target=values["target"].strip(),
        text=values["text"].strip(),
        briefing=values["briefing"].strip(),
        mode=cast(Any, values["mode"]),
    )


def compile_to_team(node: str, values: Values) -> TransferNode:
    return TransferNode(
        id=node,
        target=values["team"].strip(),
        text=values["text"].strip(),
        briefing=values["briefing"].strip(),
        to="team",
        reason=values["reason"].strip(),
        skills=tuple(skill.casefold() for skill in values["skills"]),
        waiting=cast(Any, values["waiting"]),
    )


def compile_either(node: str, values: Values) -> TransferNode:
    return (compile_to_team if values["to"] == "team" else compile_transfer)(node, values)


TRANSFER = NodeKind(
    kind="transfer",
    label=_("Transfer"),
    summary=_("Puts the caller through to a person."),
    docs=_(
        "To a telephone: says its text, then puts the caller through. “Nobody took it” is taken when that fails, and always "
        "where there is no telephone call: offer there to take a message. To a team: the conversation waits in the team's "
        "queue, on any channel. A caller is held, or the agent goes on over “Meanwhile” until somebody takes it; written "
        "conversations go on, unless the agent is to be silent until then. As a global node it can be reached from everywhere."
    ),
    group="leave",
    icon="phone_forwarded",
    fields=(
        ChoiceField(
            name="to",
            label=_("Who"),
            help=_("Somebody who is called, or whoever of a team takes the conversation in the inbox."),
            default="number",
            options=(Option("number", _("Somebody's telephone")), Option("team", _("A team at the inbox"))),
        ),
        ChoiceField(
            name="team",
            label=_("Team"),
            help=_("Teams are made under Workspace → Teams."),
            source="teams",
            empty=_("The default team"),
            when=TEAM,
        ),
        TextField(
            name="target",
            label=_("To"),
            help=_("A telephone number with its country code, or a name among the people of the telephone channel."),
            max_length=200,
            template=True,
            required=True,
            placeholder="+353 1 234 5678",
            when=When("to", ("number",)),
        ),
        TextField(
            name="text",
            label=_("Say before"),
            help=_("Said word for word, before the caller is put through."),
            max_length=500,
            multiline=True,
            template=True,
            spoken=True,
            default="One moment, I put you through.",
        ),
        ChoiceField(
            name="mode",
            label=_("How"),
            help=_("Announced: the person is told about the call first and can refuse it."),
            default="cold",
            options=(Option("cold", _("At once")), Option("warm", _("Announced"))),
            advanced=True,
            when=When("to", ("number",)),
        ),
        ChoiceField(
            name="waiting",
            label=_("While somebody waits"),
            help=_(
                "Held callers hear that they wait. In writing the agent answers on, unless it is to be silent until taken."
            ),
            default="hold",
            options=(
                Option("hold", _("Hold the caller")),
                Option("talk", _("The agent keeps talking")),
                Option("silent", _("Hold the caller; in writing, silent until taken")),
            ),
            when=TEAM,
        ),
        TextField(
            name="reason",
            label=_("Reason"),
            help=_("What the team reads first."),
            max_length=200,
            template=True,
            placeholder="Wants a refund",
            when=TEAM,
        ),
        TagsField(
            name="skills",
            label=_("Skills"),
            help=_("Members with all of these are asked, where the team has such."),
            max_items=10,
            max_length=40,
            advanced=True,
            when=TEAM,
        ),
        TextField(
            name="briefing",
            label=_("Tell the person"),
            help=_("What the person reads or hears about the caller."),
            max_length=1_000,
            multiline=True,
            template=True,
            advanced=True,
        ),
    ),
    ports=(
        replace(SUCCESS, label=_("Put through"), required=False),
        replace(FAILURE, label=_("Nobody took it"), required=True),
        Port(
            name="waiting",
            label=_("Meanwhile"),
            kind="event",
            event="waiting",
            when=TEAM,
        ),
    ),
    leaves=True,
    compile=compile_either,
)
