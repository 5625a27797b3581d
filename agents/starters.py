"""What a new agent can begin with: a page of instructions, or a whole flow. Two of them are the demo agents.

Facts stand one to a line, with the words a caller would use: a small model copies what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.fields import Label
from agents.templates import template_content


@dataclass(frozen=True, slots=True)
class Starter:
    """`content` are draft values by field name; what is missing stays at its default."""

    key: str
    icon: str
    title: Label
    summary: Label
    name: str
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """How many nodes its flow has; 0 for one page of instructions."""
        flow = self.content.get("flow", {})
        return sum(len(each["nodes"]) for each in (flow, *flow["flows"])) if flow else 0


BLANK = Starter(
    key="blank",
    icon="edit_note",
    title=_("From scratch"),
    summary=_("An empty page. You write who it is and what it should do."),
    name="New agent",
    content={
        "persona": "You are a friendly receptionist.",
        "greeting": "Hello, how can I help you?",
    },
)

DENTAL = Starter(
    key="dental",
    icon="dentistry",
    title=_("Dental reception"),
    summary=_("Opening hours, prices, directions, and takes a message for the team."),
    name="Smile Dental reception",
    content={
        "persona": "You are Mia, the receptionist of Smile Dental. You are warm and brief.",
        "instructions": """\
Answer callers' questions about the practice from these facts.

Opening hours:
Monday to Friday: opens at 8 am, closes at 6 pm.
Saturday: opens at 9 am, closes at 1 pm.
Sunday: closed.

Address: 12 Garden Street, next to the library. The entrance is at the back. Parking is free.

Prices:
A check-up costs 45 dollars.
A cleaning costs 80 dollars.
A filling costs from 120 dollars.
Whitening costs 250 dollars.
For any other price say: "I don't know that price. Shall I take a message for the dentist?"

Dentists: Doctor Patel and Doctor Novak. Both accept new patients.
Cancelling is free until 24 hours before the appointment.
For strong pain or bleeding: offer a visit today.

Appointments: ask for the day, the name and the phone number. The team calls back to confirm.

Example answers:
"Can I speak to somebody?" You say: "Of course. The team calls you back within the hour. What are your name and phone number?"
"How much is a crown?" You say: "I don't know that price. Shall I take a message for the dentist?"
"I need an appointment." You say: "Gladly. Which day suits you, and what is your name?"
"Are you open on Monday?" You say: "Yes, on Monday we open at 8 am and close at 6 pm."
"Can I come on Sunday?" You say: "No, on Sunday we are closed.\"""",
        "greeting": "Hello, this is Mia at Smile Dental. How can I help?",
        "temperature": 0.1,
        "hints": [
            "Smile Dental",
            "Doctor Patel",
            "Doctor Novak",
            "check-up",
            "whitening",
            "filling",
            "Garden Street",
        ],
        "pronunciations": [{"written": "Dr.", "spoken": "Doctor"}],
    },
)

PIZZA = Starter(
    key="pizza",
    icon="local_pizza",
    title=_("Pizza order line"),
    summary=_("Says the menu, takes the order, asks for the address, reads it back."),
    name="Pizza line",
    content={
        "persona": "You are Luca, who takes orders at Bella Pizza. You are cheerful and quick.",
        "instructions": """\
Take pizza orders and answer questions from these facts.

Opening hours:
Monday to Friday: opens at 11 am, closes at 10 pm.
Saturday: opens at 9 am, closes at 11 pm.
Sunday: closed.

Address: 5 Harbor Road, beside the train station.

Menu:
A Margherita costs 9 dollars, a large one 12 dollars.
A Pepperoni costs 11 dollars, a large one 14 dollars.
A Four Cheese costs 12 dollars, a large one 15 dollars.
A Veggie costs 10 dollars, a large one 13 dollars.
Cola and lemonade cost 2 dollars each.

Delivery costs 3 dollars and takes 40 minutes. Pick-up takes 15 minutes.
Pay by card or cash at the door.

To take an order, ask one question at a time: which pizza, which size, pick-up or delivery, the address, the name. Then read the order back with the total.

Example answers:
"I want a large Veggie." You say: "One large Veggie, that is 13 dollars. Pick-up or delivery?"
"Can I speak to somebody?" You say: "Of course. The manager calls you back soon. What is your phone number?"
"Do you have pasta?" You say: "No, only pizza. Would you like to hear the menu?"
"Can I come on Sunday?" You say: "No, on Sunday we are closed.\"""",
        "greeting": "Bella Pizza, this is Luca. What would you like?",
        "temperature": 0.1,
        "hints": ["Bella Pizza", "Margherita", "Pepperoni", "Four Cheese", "Veggie", "lemonade", "Harbor Road"],
    },
)

SUPPORT = Starter(
    key="support",
    icon="support_agent",
    title=_("Support desk"),
    summary=_("First questions about a product, known fixes, and a ticket for the rest."),
    name="Support desk",
    content={
        "persona": "You are Sam on the support desk of Northwind Internet. You are calm and clear.",
        "instructions": """\
Help callers whose internet or router does not work.

Known fixes, one step at a time:
No internet: ask them to unplug the router, wait ten seconds and plug it in again. It takes two minutes to start.
Slow Wi-Fi: ask them to move closer to the router and to try again.
Forgot the Wi-Fi password: it is printed on the label under the router.
Red light on the router: the line is down. Open a ticket.

Support hours: every day from 7 am to 9 pm.
A technician's visit is free and happens within two working days.

To open a ticket, ask for the name and the phone number. Say that a technician calls back today.
If the caller wants to speak to a person: say that a technician calls back today, and ask for the phone number.""",
        "greeting": "Northwind support, this is Sam. What is not working?",
        "temperature": 0.1,
        "hints": ["Northwind", "router", "Wi-Fi", "modem"],
        "pronunciations": [{"written": "Wi-Fi", "spoken": "why fie"}],
    },
)

TEMPLATES = (
    Starter(
        key="dental_booking",
        icon="event_available",
        title=_("Dental booking"),
        summary=_(
            "Answers questions, finds a free time over HTTP, books, confirms by text message, puts through to a person."
        ),
        name="Dental booking",
        content=template_content("dental_booking"),
    ),
    Starter(
        key="restaurant_reservation",
        icon="restaurant",
        title=_("Restaurant reservations"),
        summary=_("Reserves tables, keeps a waiting list, hands large parties to the manager."),
        name="Restaurant reservations",
        content=template_content("restaurant_reservation"),
    ),
    Starter(
        key="order_status",
        icon="local_shipping",
        title=_("Order status"),
        summary=_("A menu by voice or keys, looks orders up over HTTP, announces returns, texts the tracking link."),
        name="Order status",
        content=template_content("order_status"),
    ),
    Starter(
        key="lead_qualification",
        icon="filter_alt",
        title=_("Lead qualification"),
        summary=_("Asks what decides, sorts good leads from others, makes an appointment or sends the brochure."),
        name="Lead qualification",
        content=template_content("lead_qualification"),
    ),
    Starter(
        key="faq_handoff",
        icon="contact_support",
        title=_("Questions and a person"),
        summary=_("Answers from your facts and gets a person for the rest; arranges a call back when nobody is free."),
        name="Information desk",
        content=template_content("faq_handoff"),
    ),
)
"""Whole flows; each is tried with scripted callers and the real model (`manage.py evalflows`)."""

STARTERS: dict[str, Starter] = {starter.key: starter for starter in (BLANK, DENTAL, PIZZA, SUPPORT, *TEMPLATES)}
