"""The runner against real rows: what is leased, placed under which key, tried again, held up and stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from channels_io.actions.pause_campaign import end_campaign, pause_campaign
from channels_io.actions.report_call import report_call
from channels_io.actions.start_campaign import start_campaign
from channels_io.campaigns import run
from channels_io.campaigns.plan import Breaker, Retry, Window
from channels_io.campaigns.results import call_ended
from channels_io.campaigns.run import campaigns_to_run
from channels_io.models import Alert, Campaign, CampaignEntry, Channel, OptOut, OutboundMessage, PhoneCall, Spending
from channels_io.telephony import CallReport
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.channels_io.campaigns.conftest import Look, make, people, started, states
from tests.support.spending import capped, set_rules

Status = PhoneCall.Status


def end_call(call: PhoneCall, status: str, answered_by: str = "human") -> None:
    report_call(call, CallReport(status=Status(status), answered_by=answered_by, seconds=30))


def calls(campaign: Campaign) -> list[PhoneCall]:
    return list(PhoneCall.objects.filter(key__startswith=f"campaign:{campaign.public_id}:").order_by("pk"))


def test_everybody_is_called_once_under_a_key_of_their_own(campaign: Campaign, look: Look) -> None:
    started(campaign, 3)
    assert look(campaign) == 3
    assert [(call.remote, call.key) for call in calls(campaign)] == [
        (f"+35387{line:07d}", f"campaign:{campaign.public_id}:{line}:1") for line in (2, 3, 4)
    ]
    assert [look(campaign) for _ in range(3)] == [0, 0, 0]
    assert len(calls(campaign)) == 3
    plan = calls(campaign)[0].plan
    assert plan["variables"] == {"name": "Person 2"}
    assert plan["disclosure"] == "Hello, this is an automated assistant calling for Acme."


def test_results_end_lines_and_the_campaign(campaign: Campaign, look: Look) -> None:
    started(campaign, 4)
    look(campaign)
    for call, (status, by) in zip(
        calls(campaign),
        [("completed", "human"), ("busy", ""), ("no-answer", ""), ("completed", "machine_start")],
        strict=True,
    ):
        end_call(call, status, by)
    rows = list(CampaignEntry.objects.order_by("line"))
    assert [(row.state, row.outcome, row.attempts) for row in rows] == [
        ("done", "answered", 1), ("waiting", "busy", 1), ("waiting", "no-answer", 1), ("waiting", "machine", 1),
    ]  # fmt: skip
    waits = [round((row.due_at - timezone.now()).total_seconds() / 60) for row in rows[1:] if row.due_at]
    assert waits == [15, 180, 1440]
    assert look(campaign, after=16) == 1
    assert calls(campaign)[-1].key.endswith(":3:2")


def test_a_line_is_given_up_after_its_last_attempt(phone: Channel, look: Look) -> None:
    campaign = started(make(phone, retries={"busy": Retry(10, 1)}), 1)
    for attempt in (1, 2):
        look(campaign, after=11 * (attempt - 1))
        end_call(calls(campaign)[-1], "busy")
    assert states(campaign) == ["failed"]
    look(campaign, after=60)
    assert len(calls(campaign)) == 2
    campaign.refresh_from_db()
    assert (campaign.state, campaign.ended_at is not None) == ("done", True)


def test_an_end_counts_once(campaign: Campaign, look: Look) -> None:
    started(campaign, 1)
    look(campaign)
    (call,) = calls(campaign)
    end_call(call, "busy")
    before = CampaignEntry.objects.values().get()
    call.refresh_from_db()
    call_ended(call)
    call_ended(call)
    assert CampaignEntry.objects.values().get() == before


def test_a_runner_that_was_killed_between_lease_and_call(
    campaign: Campaign, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(campaign, 3)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(run, "place", killed)
        with pytest.raises(Killed):
            look(campaign)
    assert states(campaign) == ["running"] * 3
    assert not calls(campaign)
    assert look(campaign) == 0, "their lease still holds"
    look(campaign, after=3)
    assert [call.key[-4:] for call in calls(campaign)] == [":2:1", ":3:1", ":4:1"]


def test_a_runner_that_was_killed_after_the_call(
    campaign: Campaign, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(campaign, 1)
    place = run.place

    class Killed(BaseException):
        pass

    def placed_and_killed(campaign: Campaign, plan: object, entry: CampaignEntry, now: datetime) -> bool:
        place(campaign, plan, entry, now)  # type: ignore[arg-type]
        CampaignEntry.objects.update(lease_until=entry.lease_until, attempts=0)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(run, "place", placed_and_killed)
        with pytest.raises(Killed):
            look(campaign)
    for minutes in (3, 14, 30):
        look(campaign, after=minutes)
    assert len(calls(campaign)) == 1
    end_call(calls(campaign)[0], "completed")
    assert CampaignEntry.objects.get().attempts == 1
    assert states(campaign) == ["done"]


def test_an_end_that_nobody_told_is_found(campaign: Campaign, look: Look) -> None:
    started(campaign, 1)
    look(campaign)
    PhoneCall.objects.update(status="no-answer", ended_at=timezone.now())
    look(campaign, after=11)
    assert CampaignEntry.objects.get().outcome == "no-answer"


def test_a_call_that_never_ends_fails(campaign: Campaign, look: Look) -> None:
    started(campaign, 1)
    look(campaign)
    look(campaign, after=60)
    assert states(campaign) == ["running"]
    look(campaign, after=200)
    assert CampaignEntry.objects.get().outcome == "failed"


def test_calls_at_once_and_the_reserve_for_callers(phone: Channel, look: Look) -> None:
    campaign = started(make(phone, at_once=4, reserve=2), 10)
    assert look(campaign, room=2) == 0
    assert look(campaign, room=3) == 1
    assert look(campaign, room=100) == 3
    assert look(campaign, room=100) == 0
    end_call(calls(campaign)[0], "completed")
    assert look(campaign, room=100) == 1


def test_no_speech_worker_no_call(campaign: Campaign, look: Look) -> None:
    started(campaign, 2)
    assert look(campaign, room=0) == 0
    assert states(campaign) == ["waiting"] * 2


def test_the_pace_is_kept_over_a_minute(phone: Channel, look: Look) -> None:
    campaign = started(make(phone, per_minute=12), 30)
    now = timezone.now()
    begun = [run.run_campaign(campaign.pk, now + timedelta(seconds=second), lambda: 100) for second in range(0, 65, 5)]
    assert begun == [1] * 13
    everybody = [run.run_campaign(campaign.pk, now + timedelta(seconds=61), lambda: 100) for _ in range(20)]
    assert sum(everybody) == 0, "twelve in the last minute"


def test_only_by_day_where_the_person_is(phone: Channel, look: Look) -> None:
    hour = timezone.now().hour
    here = (Window(tuple(range(7)), hour * 60, hour * 60 + 60),)
    campaign = make(phone, windows=here)
    people(campaign, 2, zone="UTC")
    CampaignEntry.objects.create(campaign=campaign, line=90, address="+12025550123", zone="America/New_York")
    CampaignEntry.objects.create(campaign=campaign, line=91, address="+18005550123", zone="")
    start_campaign(system_actor(phone.workspace), campaign)
    assert look(campaign) == 2
    far = CampaignEntry.objects.get(line=90)
    assert far.state == "waiting" and far.due_at is not None
    assert far.due_at.astimezone(ZoneInfo("America/New_York")).hour == hour
    assert CampaignEntry.objects.get(line=91).reason == "never_open"


def test_a_retry_waits_for_the_window(phone: Channel, look: Look) -> None:
    now = timezone.now()
    soon_over = (Window(tuple(range(7)), 0, 1440),)
    campaign = started(make(phone, windows=soon_over, retries={"busy": Retry(30, 1)}), 1, zone="UTC")
    look(campaign)
    tomorrow = (now + timedelta(days=1)).weekday()
    campaign.plan["windows"] = [{"days": [tomorrow], "start": 600, "end": 660}]
    campaign.save()
    end_call(calls(campaign)[0], "busy")
    due = CampaignEntry.objects.get().due_at
    assert due is not None and (due.weekday(), due.hour, due.minute) == (tomorrow, 10, 0)


def test_pause_and_go_on(campaign: Campaign, look: Look) -> None:
    actor = system_actor(campaign.workspace)
    started(campaign, 5)
    CampaignEntry.objects.filter(line__gt=3).update(due_at=timezone.now() + timedelta(minutes=5))
    assert look(campaign) == 2
    pause_campaign(actor, campaign)
    assert look(campaign, after=10) == 0
    end_call(calls(campaign)[0], "completed")
    assert states(campaign)[0] == "done", "what runs has its result all the same"
    start_campaign(actor, campaign)
    assert look(campaign, after=10) == 3


def test_ended_for_good(campaign: Campaign, look: Look) -> None:
    started(campaign, 3)
    CampaignEntry.objects.filter(line=4).update(due_at=timezone.now() + timedelta(minutes=5))
    look(campaign)
    end_campaign(system_actor(campaign.workspace), campaign)
    assert states(campaign) == ["running", "running", "skipped"]
    assert campaign.pk in campaigns_to_run()
    end_call(calls(campaign)[0], "busy")
    assert states(campaign)[0] == "failed", "no more attempts"
    assert look(campaign, after=30) == 0


def test_the_breaker_stops_it_and_tells(phone: Channel, look: Look) -> None:
    campaign = started(make(phone, breaker=Breaker(5, 60), retries={}), 20)
    CampaignEntry.objects.filter(line__gt=6).update(due_at=timezone.now() + timedelta(minutes=5))
    look(campaign)
    for call, status in zip(calls(campaign), ["failed", "completed", "failed", "busy", "failed"], strict=True):
        end_call(call, status)
    assert look(campaign, after=6) == 0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason) == ("stopped", "breaker")
    assert Alert.objects.get(kind="campaign_stopped").data["campaign"] == campaign.public_id
    start_campaign(system_actor(phone.workspace), campaign)
    assert look(campaign, after=6) == 15, "it looks no further back than its new start"


def test_who_opted_out_is_left_out(campaign: Campaign, look: Look, dublin: Workspace) -> None:
    started(campaign, 2)
    OptOut.objects.create(workspace=dublin, scope="call", address="+353870000002")
    assert look(campaign) == 2
    row = CampaignEntry.objects.get(line=2)
    assert (row.state, row.reason, row.attempts) == ("skipped", "opted_out", 0)
    assert len(calls(campaign)) == 1


def test_limits_of_the_workspace_hold_it_up_and_nobody_is_lost(
    campaign: Campaign, look: Look, dublin: Workspace
) -> None:
    set_rules(dublin, calls=capped(workspace_hour=2))
    started(campaign, 5)
    assert look(campaign) == 2
    campaign.refresh_from_db()
    assert (campaign.reason, campaign.held_until is not None) == ("cap_workspace", True)
    assert states(campaign).count("waiting") == 3
    assert look(campaign) == 0, "it does not ask again for every line"
    Spending.objects.update(at=timezone.now() - timedelta(hours=2))
    assert [look(campaign, after=minutes) for minutes in (6, 7, 12)] == [2, 0, 0]
    Spending.objects.update(at=timezone.now() - timedelta(hours=2))
    assert look(campaign, after=18) == 1
    assert len({call.remote for call in calls(campaign)}) == len(calls(campaign)) == 5


def test_a_capped_number_waits_alone(campaign: Campaign, look: Look, dublin: Workspace) -> None:
    set_rules(dublin, calls=capped(number_hour=0))
    started(campaign, 2)
    assert look(campaign) == 2
    rows = CampaignEntry.objects.all()
    assert {(row.state, row.reason, row.attempts) for row in rows} == {("waiting", "cap_number", 0)}
    set_rules(dublin)
    assert look(campaign, after=61) == 2


def test_messages_go_through_the_outbox(texts: Channel, look: Look) -> None:
    campaign = started(make(texts), 2)
    assert look(campaign, room=0) == 2, "they need no speech worker"
    rows = list(OutboundMessage.objects.order_by("pk"))
    assert [(row.content["text"], row.key) for row in rows] == [
        (f"Hello Person {line}", f"campaign:{campaign.public_id}:{line}:1") for line in (2, 3)
    ]
    OutboundMessage.objects.filter(pk=rows[0].pk).update(state="sent")
    OutboundMessage.objects.filter(pk=rows[1].pk).update(state="refused", error_code="opted_out")
    look(campaign)
    found = CampaignEntry.objects.order_by("line").values_list("state", "outcome", "reason")
    assert list(found) == [("done", "sent", ""), ("skipped", "refused", "opted_out")]
    campaign.refresh_from_db()
    assert campaign.state == "done"
    OutboundMessage.objects.filter(pk=rows[0].pk).update(state="read")
    assert campaign.pk in campaigns_to_run()
    look(campaign)
    assert CampaignEntry.objects.get(line=2).outcome == "read"


def test_a_message_that_failed_is_sent_again_as_another(texts: Channel, look: Look) -> None:
    campaign = started(make(texts, retries={"failed": Retry(5, 1)}), 1)
    look(campaign)
    OutboundMessage.objects.update(state="failed", error_code="30003")
    look(campaign)
    assert states(campaign) == ["waiting"]
    look(campaign, after=6)
    assert [row.key[-2:] for row in OutboundMessage.objects.order_by("pk")] == [":1", ":2"]


def test_an_empty_message_fails_its_line_only(texts: Channel, look: Look) -> None:
    campaign = make(texts, text="{{visit}}", retries={})
    people(campaign, 1)
    CampaignEntry.objects.create(campaign=campaign, line=9, address="+353861111111", variables={"visit": "Monday"})
    start_campaign(system_actor(texts.workspace), campaign)
    look(campaign)
    assert CampaignEntry.objects.get(line=2).reason == "plan_broken"
    assert OutboundMessage.objects.get().content["text"] == "Monday"


def test_a_plan_that_is_not_understood_stops_it(campaign: Campaign, look: Look) -> None:
    started(campaign, 1)
    Campaign.objects.update(plan={"unknown": 1})
    assert look(campaign) == 0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason) == ("stopped", "plan_broken")
