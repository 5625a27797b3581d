from __future__ import annotations

import pytest

from channels_io.campaigns.plan import Plan
from channels_io.campaigns.texts import NothingToSay, call_plan, disclosure_of, message_of, slots_of, values_of
from channels_io.messaging.content import TemplateContent, TextContent
from channels_io.models import Campaign, CampaignEntry, MessageTemplate

VALUES = {"name": "Jane", "visit": "Monday", "empty": ""}


def template(body: str) -> MessageTemplate:
    return MessageTemplate(reference="reminder", language="en", body=body)


def test_names_are_filled_and_nothing_is_evaluated() -> None:
    assert message_of(Plan(text="Hi {{name}}, {{7*7}} {{name.upper}} {{gone}}!"), None, VALUES) == TextContent(
        "Hi Jane, {{7*7}} {{name.upper}} !"
    )


@pytest.mark.parametrize("text", ["", "   ", "{{empty}}", "{{gone}}"])
def test_an_empty_message_is_none(text: str) -> None:
    with pytest.raises(NothingToSay):
        message_of(Plan(text=text), None, VALUES)


def test_a_template_takes_its_values_in_order() -> None:
    plan = Plan(template="mt_x", values=("{{name}}", "on {{visit}}"))
    assert message_of(plan, template("Dear {{1}}, see you {{2}}. {{1}}!"), VALUES) == TemplateContent(
        "reminder", "en", ("Jane", "on Monday"), "Dear Jane, see you on Monday. Jane!"
    )
    assert slots_of(template("Dear {{1}}, see you {{2}}.")) == 2


@pytest.mark.parametrize("values", [(), ("{{empty}}",)])
def test_a_template_with_a_hole_is_not_sent(values: tuple[str, ...]) -> None:
    with pytest.raises(NothingToSay):
        message_of(Plan(template="mt_x", values=values), template("Dear {{1}}"), VALUES)


def test_the_disclosure_is_said_unless_it_is_off(campaign: Campaign) -> None:
    assert disclosure_of(campaign, Plan()) == "Hello, this is an automated assistant calling for Acme."
    assert disclosure_of(campaign, Plan(disclosure="A machine calls {{name}}.")) == "A machine calls {{name}}."
    assert disclosure_of(campaign, Plan(disclose=False, disclosure="x")) == ""


def test_what_a_call_takes_along(campaign: Campaign) -> None:
    entry = CampaignEntry(name="Jane", variables={"visit": "Monday", "note": ""})
    plan = call_plan(
        campaign,
        Plan(machine="message", machine_message="Hi {{name}}: {{visit}}", disclosure="Machine for {{name}}"),
        entry,
    )
    assert plan.variables == {"name": "Jane", "visit": "Monday"}
    assert (plan.message, plan.disclosure, plan.version) == ("Hi Jane: Monday", "Machine for Jane", "")
    assert (plan.ring_seconds, plan.limit_seconds) == (30, 600)


def test_a_column_called_name_wins() -> None:
    assert values_of(CampaignEntry(name="Jane", variables={"name": "Dr Doe"})) == {"name": "Dr Doe"}
