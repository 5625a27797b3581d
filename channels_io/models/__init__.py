"""The record: channels, people, conversations, legs, turns as heard, spans and events."""

from __future__ import annotations

from channels_io.end_reasons import EndReason
from channels_io.models.account import Account
from channels_io.models.campaign import Campaign, CampaignEntry, CampaignList
from channels_io.models.channel import Channel
from channels_io.models.code import OneTimeCode
from channels_io.models.contact import Contact, Identity
from channels_io.models.conversation import Conversation, Outcome
from channels_io.models.event import Event, EventKind
from channels_io.models.fact import Fact
from channels_io.models.inbound import InboundEvent
from channels_io.models.leg import Leg
from channels_io.models.merge import ContactMerge
from channels_io.models.message_template import MessageTemplate
from channels_io.models.opt_out import OptOut
from channels_io.models.outbound import OutboundMessage
from channels_io.models.phone_call import PhoneCall
from channels_io.models.spending import Alert, Refusal, Spending, SpendingDay, SpendingRule
from channels_io.models.thread import Thread
from channels_io.models.turn import Turn, TurnSpan
from channels_io.models.turn_state import TurnState

__all__ = [
    "Account",
    "Alert",
    "Campaign",
    "CampaignEntry",
    "CampaignList",
    "Channel",
    "Contact",
    "ContactMerge",
    "Conversation",
    "EndReason",
    "Event",
    "EventKind",
    "Fact",
    "Identity",
    "InboundEvent",
    "Leg",
    "MessageTemplate",
    "OneTimeCode",
    "OptOut",
    "OutboundMessage",
    "Outcome",
    "PhoneCall",
    "Refusal",
    "Spending",
    "SpendingDay",
    "SpendingRule",
    "Thread",
    "Turn",
    "TurnSpan",
    "TurnState",
]
