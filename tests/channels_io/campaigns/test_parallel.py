"""Many runners at the same campaign, on real connections: nobody is called twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from channels_io.campaigns.run import run_campaign
from channels_io.models import CampaignEntry, PhoneCall
from tests.channels_io.campaigns.conftest import make, started
from tests.support.cast import make_workspace
from tests.support.spending import open_rules
from tests.support.telephone import telephone

pytestmark = pytest.mark.django_db(transaction=True)
RUNNERS = 8


def test_eight_runners_call_everybody_once() -> None:
    acme = make_workspace("Acme", "acme")
    open_rules(acme)
    campaign = started(make(telephone(acme)), 60)

    def look(_number: int) -> int:
        try:
            return run_campaign(campaign.pk, timezone.now(), lambda: 1000)
        finally:
            connection.close()

    with ThreadPoolExecutor(RUNNERS) as pool:
        begun = sum(pool.map(look, range(RUNNERS * 2)))
    called = Counter(PhoneCall.objects.values_list("remote", flat=True))
    assert begun == len(called) == 60
    assert set(called.values()) == {1}
    assert set(CampaignEntry.objects.values_list("state", "attempts")) == {("running", 1)}


def test_calls_at_once_hold_for_all_runners_together() -> None:
    acme = make_workspace("Acme", "acme")
    open_rules(acme)
    campaign = started(make(telephone(acme), at_once=5), 40)

    def look(_number: int) -> int:
        try:
            return run_campaign(campaign.pk, timezone.now(), lambda: 1000)
        finally:
            connection.close()

    with ThreadPoolExecutor(RUNNERS) as pool:
        assert sum(pool.map(look, range(RUNNERS))) == 5
    assert PhoneCall.objects.count() == 5
