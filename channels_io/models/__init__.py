"""The record: channels, people, conversations, legs, turns as heard, spans and events; the team and its inbox."""

from __future__ import annotations

from channels_io.end_reasons import EndReason
from channels_io.models.account import Account
from channels_io.models.analysis import Analysis, FollowUp
from channels_io.models.campaign import Campaign, CampaignEntry, CampaignList
from channels_io.models.channel import Channel
from channels_io.models.code import OneTimeCode
from channels_io.models.contact import Contact, Identity
from channels_io.models.conversation import Conversation, Outcome
from channels_io.models.cost import CostLine, PriceList
from channels_io.models.endpoint import Delivery, Endpoint
from channels_io.models.event import Event, EventKind
from channels_io.models.fact import Fact
from channels_io.models.figures import AlertRule, Figures
from channels_io.models.handoff import Handoff
from channels_io.models.inbound import InboundEvent
from channels_io.models.leg import Leg
from channels_io.models.merge import ContactMerge
from channels_io.models.message_template import MessageTemplate
from channels_io.models.note import Note
from channels_io.models.opt_out import OptOut
from channels_io.models.outbound import OutboundMessage
from channels_io.models.owner_change import OwnerChange
from channels_io.models.phone_call import PhoneCall
from channels_io.models.privacy import PrivacyRules
from channels_io.models.reserved_places import ReservedPlaces
from channels_io.models.saved_view import SavedView
from channels_io.models.spending import Alert, Refusal, Spending, SpendingDay, SpendingRule
from channels_io.models.tag import Tag
from channels_io.models.team import OperatorPresence, Team, TeamMember
from channels_io.models.thread import Thread
from channels_io.models.turn import Turn, TurnSpan
from channels_io.models.turn_state import TurnState

__all__ = [
    "Account",
    "Alert",
    "AlertRule",
    "Analysis",
    "Campaign",
    "CampaignEntry",
    "CampaignList",
    "Channel",
    "Contact",
    "ContactMerge",
    "Conversation",
    "CostLine",
    "Delivery",
    "EndReason",
    "Endpoint",
    "Event",
    "EventKind",
    "Fact",
    "Figures",
    "FollowUp",
    "Handoff",
    "Identity",
    "InboundEvent",
    "Leg",
    "MessageTemplate",
    "Note",
    "OneTimeCode",
    "OperatorPresence",
    "OptOut",
    "OutboundMessage",
    "Outcome",
    "OwnerChange",
    "PhoneCall",
    "PriceList",
    "PrivacyRules",
    "Refusal",
    "ReservedPlaces",
    "SavedView",
    "Spending",
    "SpendingDay",
    "SpendingRule",
    "Tag",
    "Team",
    "TeamMember",
    "Thread",
    "Turn",
    "TurnSpan",
    "TurnState",
]
