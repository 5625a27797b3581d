from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_io.actions.raise_alert import raise_alert
from channels_io.guards.ask import ask, rules_in_force
from channels_io.guards.errors import NotAllowed
from channels_io.guards.presets import PRESETS
from channels_io.guards.rules import EVERY, MILLION, Price, Rules
from channels_io.models import Alert, Spending, SpendingRule
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.spending import set_rules

ClientOf = Callable[[User], Client]


@pytest.fixture
def dublin(acme: Workspace) -> Workspace:
    acme.timezone = "Europe/Dublin"
    acme.save()
    return acme


def form(rules: Rules | None = None, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    from channels_io.pages.spending_form import SpendingForm

    shown = SpendingForm(rules or Rules())
    values: dict[str, Any] = {}
    for name in shown.fields:
        value = shown[name].value()
        if value is not None and value is not False:
            values[name] = value if not isinstance(value, bool) else "on"
    rows = shown.price_rows()
    for part in ("what", "country", "amount"):
        values[f"price_{part}"] = [row[part] for row in rows]
    return {**values, **changed}


def test_the_form_as_it_stands_changes_nothing(dublin: Workspace, alice: User, client_of: ClientOf) -> None:
    for rules in PRESETS.values():
        assert client_of(alice).post("/spending/", form(rules)).status_code == 302
        assert rules_in_force(dublin) == rules


def test_everything_can_be_set(dublin: Workspace, alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post(
        "/spending/",
        form(
            scope="every",
            countries=["JM", "IE"],
            kinds=["shared_cost"],
            allow="+353 1520\n\n+3531520",
            deny="+35376",
            currency="USD",
            budget_day="7.5",
            budget_month="0",
            messages_number_hour="9",
            price_what=["sms", "call", "sms"],
            price_country=["*", "IE", "*"],
            price_amount=["0.0825", "0,05", ""],
        ),
    )
    assert response.status_code == 302
    rules = rules_in_force(dublin)
    assert rules.countries == (EVERY, "IE", "JM") or rules.countries == (EVERY, "JM", "IE")
    assert (rules.kinds, rules.allow, rules.deny) == (("shared_cost",), ("+3531520",), ("+35376",))
    assert (rules.currency, rules.budget_day, rules.budget_month) == ("USD", 7_500_000, 0)
    assert rules.messages.number_hour == 9
    assert rules.prices == (Price("sms", "*", 82_500), Price("call", "IE", 50_000))
    event = AuditEvent.objects.get(verb="spending_rules.edited")
    assert "countries" in event.data["changed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget_day": "-1"},
        {"budget_day": "lots"},
        {"allow": "353"},
        {"allow": "+353x"},
        {"countries": ["XX"]},
        {"scope": "moon"},
        {"calls_at_once": ""},
        {"price_what": ["sms", "sms"], "price_country": ["IE", "IE"], "price_amount": ["1", "2"]},
        {"price_what": ["sms"], "price_country": ["*"], "price_amount": ["NaN"]},
        {"price_what": ["gold"], "price_country": ["*"], "price_amount": ["1"]},
        {"price_what": ["sms"], "price_country": [""], "price_amount": ["1"]},
    ],
)
def test_what_is_wrong_is_not_saved(dublin: Workspace, alice: User, client_of: ClientOf, wrong: dict[str, Any]) -> None:
    response = client_of(alice).post("/spending/", form(**wrong))
    assert response.status_code == 400
    assert b'role="alert"' in response.content
    assert not SpendingRule.objects.exists()


def test_only_an_owner_changes_the_rules(
    dublin: Workspace, bob: User, oscar: User, vera: User, client_of: ClientOf
) -> None:
    for user in (bob, oscar, vera):
        client = client_of(user)
        assert b"Changing them takes the role Owner" in client.get("/spending/").content
        assert client.post("/spending/", form()).status_code == 403
    assert not SpendingRule.objects.exists()


def test_the_page_says_how_much_is_used(dublin: Workspace, alice: User, client_of: ClientOf) -> None:
    set_rules(dublin, budget_day=5 * MILLION, prices=(Price("sms", "*", 420_000),))
    for number in range(2):
        ask(dublin, Spending.What.SMS, f"+35387123456{number}", key=f"m{number}")
    with pytest.raises(NotAllowed):
        ask(dublin, Spending.What.SMS, "+19002345678", key="m9")
    page = client_of(alice).get("/spending/").content.decode()
    assert "€0.84" in page and "of €5.00" in page and "€4.16 left" in page
    assert "+19002•••78" in page and "Number not allowed" in page
    assert "+19002345678" not in page


def test_a_workspace_without_a_country_is_told_so(acme: Workspace, alice: User, client_of: ClientOf) -> None:
    assert b"Nobody can be called or written to yet" in client_of(alice).get("/spending/").content


def test_rules_that_are_not_understood_are_told_and_mended(dublin: Workspace, alice: User, client_of: ClientOf) -> None:
    SpendingRule.objects.create(workspace=dublin, rules={"countries": 1})
    assert b"are not understood" in client_of(alice).get("/spending/").content
    client_of(alice).post("/spending/", form())
    assert rules_in_force(dublin) == Rules()


def test_a_preset_fills_the_form_and_saves_nothing(dublin: Workspace, alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get("/spending/?preset=busy").content.decode()
    assert 'name="budget_day" value="1000.00"' in page
    assert client_of(alice).get("/spending/?preset=nonsense").status_code == 200
    assert not SpendingRule.objects.exists()


def test_alerts_are_counted_in_the_navigation_until_seen(
    dublin: Workspace, oscar: User, vera: User, client_of: ClientOf
) -> None:
    for text in ("First <b>thing</b>.", "Second thing."):
        raise_alert(dublin, "guard_budget", text, text)
    alert = Alert.objects.order_by("pk").first()
    assert alert is not None
    viewer, operator = client_of(vera), client_of(oscar)
    page = viewer.get("/spending/alerts/").content.decode()
    assert "First &lt;b&gt;thing&lt;/b&gt;." in page
    assert viewer.post(f"/spending/alerts/{alert.public_id}/seen/").status_code == 403
    assert viewer.post("/spending/alerts/seen/").status_code == 403
    operator.post(f"/spending/alerts/{alert.public_id}/seen/")
    assert Alert.objects.filter(seen_at=None).count() == 1
    assert b"First" not in operator.get("/spending/alerts/?show=unseen").content
    operator.post("/spending/alerts/seen/")
    assert not Alert.objects.filter(seen_at=None).exists()
    assert AuditEvent.objects.filter(verb__in=("alert.seen", "alerts.seen")).count() == 2


def test_the_same_alert_counts_up_until_it_is_seen(dublin: Workspace) -> None:
    for number in range(3):
        raise_alert(dublin, "kind", "key", f"Text {number}", {"number": number})
    alert = Alert.objects.get()
    assert (alert.count, alert.text, alert.data) == (3, "Text 2", {"number": 2})
    Alert.objects.update(seen_at=alert.last_at)
    raise_alert(dublin, "kind", "key", "Again")
    assert sorted(Alert.objects.values_list("count", flat=True)) == [1, 3]
