"""What a campaign says and sends to one person. Pure but for the template it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from channels_io.campaigns.plan import Plan
from channels_io.messaging.content import TemplateContent, TextContent
from channels_io.models import Campaign, CampaignEntry, MessageTemplate
from channels_io.telephony import CallPlan
from inference.flow.templates import fill

_SLOT: Final = re.compile(r"\{\{ *([0-9]{1,2}) *\}\}", re.ASCII)


class NothingToSay(ValueError):
    """The campaign has neither a text nor a template, or the text of this person is empty."""


def values_of(entry: CampaignEntry) -> dict[str, str]:
    """What {{name}} and the like stand for in the campaign's texts, and what a called agent begins with."""
    return {"name": entry.name, **entry.variables}


def disclosure_of(campaign: Campaign, plan: Plan) -> str:
    """What is said first in a call; "" when nothing is."""
    if not plan.disclose:
        return ""
    standard = _("Hello, this is an automated assistant calling for %(workspace)s.")
    return plan.disclosure.strip() or standard % {"workspace": campaign.workspace.name}


def call_plan(campaign: Campaign, plan: Plan, entry: CampaignEntry) -> CallPlan:
    values = values_of(entry)
    return CallPlan(
        variables={name: value for name, value in values.items() if value},
        machine=plan.machine,
        message=fill(plan.machine_message, values),
        ring_seconds=plan.ring_seconds,
        limit_seconds=plan.limit_seconds,
        version=campaign.version.public_id if campaign.version is not None else "",
        disclosure=fill(disclosure_of(campaign, plan), values),
    )


def message_of(
    plan: Plan, template: MessageTemplate | None, values: Mapping[str, str]
) -> TextContent | TemplateContent:
    """Raises NothingToSay."""
    if template is not None:
        filled = tuple(fill(value, values).strip() for value in plan.values)
        slots = {str(number): value for number, value in enumerate(filled, 1)}
        if not all(slots.get(number) for number in _SLOT.findall(template.body)):
            raise NothingToSay("A value of the template is empty.")
        text = _SLOT.sub(lambda found: slots[found[1]], template.body)
        return TemplateContent(template.reference, template.language, filled, text)
    text = fill(plan.text, values).strip()
    if not text:
        raise NothingToSay("The message is empty.")
    return TextContent(text)


def slots_of(template: MessageTemplate) -> int:
    """How many values its text asks for."""
    return max((int(number) for number in _SLOT.findall(template.body)), default=0)
