"""Twenty at once for the last place, on real connections: one gets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from channels_io.guards.ask import ask
from channels_io.guards.errors import NotAllowed
from channels_io.guards.rules import Price
from channels_io.models import Alert, Refusal, Spending, SpendingDay
from parley.accounts.models import Workspace
from tests.support.cast import make_workspace
from tests.support.spending import capped, set_rules

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


@pytest.fixture
def dublin() -> Workspace:
    return make_workspace("Acme", "acme")


def ask_at_once(workspace: Workspace, what: Spending.What, keys: list[str]) -> list[str]:
    def one(key: str) -> str:
        try:
            ask(workspace, what, "+353871234567", key=key)
        except NotAllowed as refused:
            return refused.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, keys))


def keys() -> list[str]:
    return [f"k{number}" for number in range(AT_ONCE)]


def test_one_place_left_of_a_cap(dublin: Workspace) -> None:
    set_rules(dublin, messages=capped(number_hour=5))
    for number in range(4):
        ask(dublin, Spending.What.SMS, "+353871234567", key=f"before {number}")
    answers = ask_at_once(dublin, Spending.What.SMS, keys())
    assert sorted(answers) == ["", *["cap_number"] * (AT_ONCE - 1)]
    assert Spending.objects.count() == SpendingDay.objects.get().count == 5
    assert Refusal.objects.count() == AT_ONCE - 1
    assert Alert.objects.get().count == AT_ONCE - 1


def test_one_line_left_for_calls(dublin: Workspace) -> None:
    set_rules(dublin, calls_at_once=1)
    assert sorted(ask_at_once(dublin, Spending.What.CALL, keys())) == ["", *["concurrency"] * (AT_ONCE - 1)]


def test_one_message_left_in_the_budget(dublin: Workspace) -> None:
    set_rules(dublin, budget_day=150_000, prices=(Price("sms", "*", 100_000),))
    assert sorted(ask_at_once(dublin, Spending.What.SMS, keys())) == ["", *["budget"] * (AT_ONCE - 1)]


def test_one_key_asked_by_twenty_is_counted_once(dublin: Workspace) -> None:
    set_rules(dublin, messages=capped(number_hour=1))
    assert ask_at_once(dublin, Spending.What.SMS, ["same"] * AT_ONCE) == [""] * AT_ONCE
    assert Spending.objects.count() == 1
