from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django import db
from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from channels_io.guards import ask as guard
from channels_io.guards.ask import ask, over
from channels_io.guards.errors import LABELS, NEVER, NotAllowed
from channels_io.guards.people import digest_of
from channels_io.guards.rules import MILLION, Price
from channels_io.models import (
    Account,
    Alert,
    Channel,
    OptOut,
    Refusal,
    Spending,
    SpendingDay,
    SpendingRule,
    Thread,
)
from parley.accounts.models import Workspace
from tests.support.spending import capped, open_rules, set_rules

ONE, TWO = "+353871234567", "+353861111111"
SMS, WHATSAPP, CALL = Spending.What.SMS, Spending.What.WHATSAPP, Spending.What.CALL
Asking = Callable[..., str]


@pytest.fixture
def asked(dublin: Workspace) -> Asking:
    """Ask with a key of its own; "" or the code of the refusal."""
    count = iter(range(100_000))

    def one(to: str = ONE, what: Spending.What = SMS, **more: Any) -> str:
        more.setdefault("key", f"key {next(count)}")
        try:
            ask(dublin, what, to, **more)
        except NotAllowed as refused:
            return refused.code
        return ""

    return one


def number(place: int) -> str:
    """Numbers of many ranges."""
    return f"+35387{place:03d}4567"


def test_what_is_let_out_is_counted_without_its_number(dublin: Workspace, channel: Channel) -> None:
    ask(dublin, SMS, ONE, key="m1", channel=channel, units=3)
    row = Spending.objects.get(workspace=dublin)
    assert (row.what, row.key, row.country, row.range, row.agent) == ("sms", "m1", "IE", "35387123", channel.agent)
    assert (row.cost, row.rate, row.expires_at) == (240_000, 80_000, None)
    assert row.address == digest_of(dublin, ONE)
    assert ONE[1:] not in str(Spending.objects.values())
    day = SpendingDay.objects.get()
    assert (day.what, day.count, day.cost, day.day) == ("sms", 1, 240_000, row.day)


def test_the_same_key_is_one_message(asked: Asking) -> None:
    assert [asked(key="same") for _ in range(3)] == ["", "", ""]
    assert Spending.objects.count() == 1
    assert SpendingDay.objects.get().count == 1


@pytest.mark.parametrize(
    "text",
    ["+8829990000000", "+19002345678", "*72", "+353871234567;ext=3", "plus three five three", "+979123456789"],
)
@pytest.mark.parametrize("what", list(Spending.What))
def test_premium_crafted_and_spoken_numbers(asked: Asking, dublin: Workspace, text: str, what: Spending.What) -> None:
    open_rules(dublin)
    assert asked(text, what) == "number_refused"
    assert not Spending.objects.exists()
    alert = Alert.objects.get()
    assert (alert.kind, alert.count) == ("guard_number_refused", 1)
    assert text not in alert.text or text == "*72"
    assert Refusal.objects.get().code == "number_refused"


def test_foreign_countries_are_refused_until_allowed(asked: Asking, dublin: Workspace) -> None:
    assert asked("+447400123456") == "country_refused"
    set_rules(dublin, countries=("IE", "GB"))
    assert asked("+447400123456") == ""


def test_no_country_of_its_own_reaches_nobody(asked: Asking, dublin: Workspace) -> None:
    dublin.timezone = "UTC"
    dublin.save()
    assert asked(ONE) == "country_refused"


def test_opted_out_by_what_they_refused(asked: Asking, dublin: Workspace) -> None:
    OptOut.objects.create(workspace=dublin, scope="sms", address=ONE)
    assert [asked(ONE, what) for what in (SMS, WHATSAPP, CALL)] == ["opted_out", "", ""]
    assert not Alert.objects.exists()


def test_who_opted_out_in_between_is_not_written_to_again(asked: Asking, dublin: Workspace) -> None:
    assert asked(key="again") == ""
    OptOut.objects.create(workspace=dublin, scope="sms", address=ONE)
    assert asked(key="again") == "opted_out"


def test_a_digits_only_whatsapp_id_cannot_get_round_an_opt_out(asked: Asking, dublin: Workspace) -> None:
    OptOut.objects.create(workspace=dublin, scope="whatsapp", address=ONE)
    assert asked(ONE[1:], WHATSAPP) == "opted_out"


def test_budget_nothing_lets_nothing_out(asked: Asking, dublin: Workspace, account: Account, channel: Channel) -> None:
    account.simulated = True
    account.save()
    set_rules(dublin, budget_day=0)
    assert [asked(what=what) for what in Spending.What] == ["budget"] * 3
    set_rules(dublin, budget_month=0)
    assert asked(channel=channel) == "budget"
    assert not Spending.objects.exists()


def test_the_budget_is_hard_to_the_last_millionth(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, budget_day=250_000, prices=(Price("sms", "*", 80_000),))
    assert [asked() for _ in range(5)] == ["", "", "", "budget", "budget"]
    assert SpendingDay.objects.get().cost == 240_000


def test_a_month_counts_its_days(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, budget_month=1 * MILLION)
    today = timezone.localdate(timezone=None)
    SpendingDay.objects.create(workspace=dublin, day=today.replace(day=1), what="call", count=3, cost=950_000)
    assert asked() == "budget"


def test_most_of_a_budget_is_told_once(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, budget_day=1 * MILLION, prices=(Price("sms", "*", 200_000),))
    for _ in range(5):
        assert asked() == ""
    alert = Alert.objects.get(kind="guard_budget_near")
    assert (alert.count, "80 %" in alert.text) == (1, True)


def test_caps_of_a_number(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, messages=capped(number_hour=2, number_day=3))
    assert [asked() for _ in range(3)] == ["", "", "cap_number"]
    assert asked(TWO) == ""
    Spending.objects.update(at=timezone.now() - timedelta(hours=2))
    assert [asked(), asked()] == ["", "cap_number"]
    Spending.objects.update(at=timezone.now() - timedelta(hours=25))
    assert asked() == ""


def test_calls_and_messages_have_caps_of_their_own(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, messages=capped(number_hour=1), calls=capped(number_hour=1))
    assert [asked(what=what) for what in (SMS, WHATSAPP, CALL, CALL)] == ["", "cap_number", "", "cap_number"]


def test_caps_of_agent_and_workspace(asked: Asking, dublin: Workspace, agent: Agent) -> None:
    set_rules(dublin, messages=capped(agent_hour=1, workspace_hour=2))
    assert asked(number(1), agent=agent) == ""
    assert asked(number(2), agent=agent) == "cap_agent"
    assert asked(number(3)) == ""
    assert asked(number(4)) == "cap_workspace"
    set_rules(dublin, messages=capped(workspace_day=2))
    assert asked(number(5)) == "cap_workspace"


def test_two_hundred_messages_to_one_range_stop_at_the_cap(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, range_numbers=20)
    answers = [asked(f"+35387123{place:04d}") for place in range(200)]
    assert answers == [""] * 20 + ["cap_range"] * 180
    alert = Alert.objects.get(kind="guard_cap_range")
    assert alert.count == 180
    assert asked("+353871230000") == "", "who was written to before still is"
    assert asked(TWO) == "", "another range is not touched"


def test_campaigns_have_a_range_cap_of_their_own(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, range_numbers=1, range_campaign=3)
    answers = [asked(f"+35387123{place:04d}", CALL, key=f"campaign:x:{place}:1") for place in range(4)]
    assert answers == ["", "", "", "cap_range"]


def test_many_short_calls_to_one_range(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, short_calls=3)
    for place in range(3):
        assert asked(f"+35387123{place:04d}", CALL, key=f"c{place}") == ""
        over(dublin, f"c{place}")
    assert asked("+353871239999", CALL) == "cap_range"
    assert asked("+353871239999", SMS) == ""


def test_calls_at_once_and_their_end(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, calls_at_once=2)
    assert [asked(number(place), CALL, key=f"c{place}") for place in range(3)] == ["", "", "concurrency"]
    over(dublin, "c0")
    over(dublin, "c0")
    assert [asked(number(3), CALL), asked(number(4), CALL)] == ["", "concurrency"]


def test_a_call_that_nobody_ended_ends_by_itself(asked: Asking, dublin: Workspace) -> None:
    set_rules(dublin, calls_at_once=1, call_minutes=10)
    assert [asked(what=CALL), asked(TWO, CALL)] == ["", "concurrency"]
    Spending.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert asked(TWO, CALL) == ""


def test_a_call_reserves_its_longest_time_and_gives_back_the_rest(dublin: Workspace) -> None:
    set_rules(dublin, prices=(Price("call", "*", 100_000),))
    ask(dublin, CALL, ONE, key="c1", seconds=601)
    assert Spending.objects.get().cost == 1_100_000
    Spending.objects.update(at=timezone.now() - timedelta(seconds=150))
    over(dublin, "c1")
    assert Spending.objects.get().cost == SpendingDay.objects.get().cost == 300_000
    over(dublin, "c1", cost=123)
    assert Spending.objects.get().cost == SpendingDay.objects.get().cost == 123
    over(dublin, "never asked")


def test_a_simulated_account_reaches_every_country_for_nothing_until_there_are_rules(
    asked: Asking, dublin: Workspace, account: Account, channel: Channel
) -> None:
    assert asked("+12025550123", CALL, channel=channel) == "country_refused"
    account.simulated = True
    account.save()
    channel.refresh_from_db()
    assert asked("+12025550123", CALL, channel=channel) == ""
    assert asked("+19002345678", CALL, channel=channel) == "number_refused"
    assert Spending.objects.get().cost == 0
    set_rules(dublin, countries=("IE",))
    assert asked("+12025550123", CALL, channel=channel) == "country_refused"


def test_who_wrote_by_whatsapp_is_answered_abroad(asked: Asking, dublin: Workspace, channel: Channel) -> None:
    set_rules(dublin, countries=("IE",))
    to = "+447400123456"
    thread = Thread.objects.create(workspace=dublin, channel=channel, address=to)
    assert asked(to, WHATSAPP, channel=channel) == "country_refused"
    thread.heard_at = timezone.now()
    thread.save()
    assert asked(to, WHATSAPP, channel=channel) == ""
    assert asked(to, SMS, channel=channel) == "country_refused"
    set_rules(dublin, countries=("IE",), answer_abroad=False)
    assert asked(to, WHATSAPP, channel=channel) == "country_refused"


def test_a_database_that_is_away_lets_nothing_out(
    asked: Asking, monkeypatch: pytest.MonkeyPatch, dublin: Workspace
) -> None:
    def broken(workspace: Workspace) -> None:
        raise db.OperationalError("gone")

    monkeypatch.setattr(guard, "lock_spending", broken)
    assert asked() == "guard_unavailable"
    assert not Spending.objects.exists()


def test_rules_that_are_not_understood_let_nothing_out(asked: Asking, dublin: Workspace) -> None:
    SpendingRule.objects.create(workspace=dublin, rules={"countries": 7})
    assert asked() == "guard_unavailable"
    assert Alert.objects.get().key == "guard:unreadable"
    assert not Spending.objects.exists()


def test_what_was_refused_is_noted_in_the_callers_transaction(dublin: Workspace) -> None:
    with transaction.atomic(), pytest.raises(NotAllowed) as refused:
        ask(dublin, SMS, "+447400123456", key="m1")
    assert refused.value.permanent
    assert Refusal.objects.get().shown == "+44740•••56"


def test_a_refusal_is_one_row_however_often_it_is_tried(asked: Asking) -> None:
    for _ in range(3):
        assert asked("+447400123456", key="m1") == "country_refused"
    row = Refusal.objects.get()
    assert (row.count, row.country) == (3, "GB")


def test_another_workspace_has_caps_of_its_own(dublin: Workspace, globex: Workspace) -> None:
    for workspace in (dublin, globex):
        set_rules(workspace, messages=capped(workspace_hour=1))
        ask(workspace, SMS, ONE, key="m1")
        with pytest.raises(NotAllowed):
            ask(workspace, SMS, ONE, key="m2")


def test_how_long_to_wait(dublin: Workspace) -> None:
    set_rules(dublin, messages=capped(number_hour=1))
    ask(dublin, SMS, ONE, key="m1")
    Spending.objects.update(at=timezone.now() - timedelta(minutes=50))
    with pytest.raises(NotAllowed) as refused:
        ask(dublin, SMS, ONE, key="m2")
    assert not refused.value.permanent
    assert 590 <= refused.value.retry_after <= 600


def test_every_code_has_words() -> None:
    for code in LABELS:
        error = NotAllowed(code)
        assert error.message and error.permanent == (code in NEVER)
