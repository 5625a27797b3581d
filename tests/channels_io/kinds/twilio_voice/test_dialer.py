"""Placing and steering calls over the REST API of the simulator, with Twilio's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from channels_io.account_secrets import set_secrets
from channels_io.kinds.twilio_voice.dialer import TwilioDialer
from channels_io.models import Channel, PhoneCall
from channels_io.simulators.twilio import Person, TwilioSimulator
from channels_io.telephony import DialFailed
from parley.accounts.models import Workspace
from tests.support.telephone import NUMBER, PERSON, telephone

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    def __init__(self, twilio: TwilioSimulator, line: Channel) -> None:
        self.twilio, self.line = twilio, line
        self.dialer = TwilioDialer(line)

    async def call(self, **more: Any) -> PhoneCall:
        made = {
            "direction": "outbound",
            "key": "k1",
            "remote": PERSON,
            "started_at": timezone.now(),
            "plan": {},
            **more,
        }
        create = PhoneCall.objects.create
        return await database_sync_to_async(create)(workspace=self.line.workspace, channel=self.line, **made)  # type: ignore[no-any-return]

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await database_sync_to_async(work, thread_sensitive=False)(*arguments)


@pytest.fixture
async def desk(acme: Workspace, settings: Any) -> AsyncIterator[Desk]:
    async with TwilioSimulator() as twilio:
        settings.PARLEY_SIMULATOR_URL, settings.PARLEY_SIMULATORS = twilio.url, True
        twilio.add_number(NUMBER)

        def line() -> Channel:
            made = telephone(acme, account=twilio.account_sid)
            assert made.account is not None
            set_secrets(made.account, {"auth_token": twilio.auth_token})
            made.account.save()
            return Channel.objects.select_related("account__workspace", "workspace", "agent").get(pk=made.pk)

        yield Desk(twilio, await database_sync_to_async(line)())


async def test_a_call_is_placed_with_where_to_ask_and_whom_to_tell(desk: Desk) -> None:
    call = await desk.call(plan={"machine": "message", "ring_seconds": 20, "limit_seconds": 300})
    sid = await desk.do(desk.dialer.dial, call)
    assert sid in desk.twilio.calls
    (request,) = desk.twilio.requests
    sent = request.params
    assert (sent["To"], sent["From"], sent["Timeout"], sent["TimeLimit"]) == (PERSON, NUMBER, "20", "300")
    assert (sent["MachineDetection"], sent["AsyncAmd"]) == ("DetectMessageEnd", "true")
    for name in ("Url", "StatusCallback", "AsyncAmdStatusCallback"):
        assert sent[name].endswith(f"?call={call.public_id}"), "a placing without an answer is known by this"


async def test_keys_to_press_rule_out_the_detection_of_machines(desk: Desk) -> None:
    await desk.do(desk.dialer.dial, await desk.call(plan={"digits": "W12#"}))
    assert desk.twilio.requests[0].params["SendDigits"] == "W12#"
    assert "MachineDetection" not in desk.twilio.requests[0].params


async def test_a_call_to_a_person_listens_for_no_machine(desk: Desk) -> None:
    desk.line.settings = {"ring_seconds": 11}
    await desk.do(desk.dialer.dial, await desk.call(direction="transfer"))
    sent = desk.twilio.requests[0].params
    assert sent["Timeout"] == "11"
    assert "/person/?call=" in sent["Url"]
    assert "MachineDetection" not in sent


async def test_a_placing_that_timed_out_is_found_in_the_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_io.twilio_rest.SECONDS", 0.3)
    call = await desk.call()
    assert await desk.do(desk.dialer.look_up, call) == ""
    desk.twilio.force("accept_then_time_out")
    with pytest.raises(DialFailed) as failed:
        await desk.do(desk.dialer.dial, call)
    assert failed.value.verdict == "unknown"
    (sid,) = desk.twilio.calls
    assert await desk.do(desk.dialer.look_up, call) == sid
    await desk.call(key="other", provider_id=sid)
    assert await desk.do(desk.dialer.look_up, call) == "", "that one is another row's"


async def test_a_call_is_ended_and_one_that_is_over_stays_so(desk: Desk) -> None:
    call = await desk.call()
    desk.twilio.add_person(PERSON, Person(after=30.0))
    call.provider_id = await desk.do(desk.dialer.dial, call)
    await desk.do(desk.dialer.hang_up, call)
    record = desk.twilio.calls[call.provider_id]
    await desk.twilio.wait_for(lambda: record.over)
    await desk.do(desk.dialer.hang_up, call)
    call.provider_id = "CA" + "0" * 32
    await desk.do(desk.dialer.hang_up, call)
    assert await desk.do(desk.dialer.fetch, call) is None
    call.provider_id = record.sid
    report = await desk.do(desk.dialer.fetch, call)
    assert report.status == record.status


async def test_what_is_refused_is_never_tried_again_and_what_is_away_is(desk: Desk, settings: Any) -> None:
    with pytest.raises(DialFailed) as failed:
        await desk.do(desk.dialer.dial, await desk.call(remote="nobody"))
    assert failed.value.verdict == "never"
    settings.PARLEY_SIMULATOR_URL = "http://127.0.0.1:9"
    with pytest.raises(DialFailed) as failed:
        await desk.do(desk.dialer.dial, await desk.call(key="k2"))
    assert (failed.value.code, failed.value.verdict) == ("unreachable", "later")
    settings.PARLEY_SIMULATORS = False
    with pytest.raises(DialFailed) as failed:
        await desk.do(desk.dialer.dial, await desk.call(key="k3"))
    assert (failed.value.code, failed.value.verdict) == ("simulators_off", "never")


@pytest.mark.parametrize("digits", ["", "1,2", "x", "1" * 33, "+1"])
async def test_only_keys_are_pressed(desk: Desk, digits: str) -> None:
    with pytest.raises(DialFailed):
        await desk.do(desk.dialer.press, await desk.call(), digits)
    assert desk.twilio.requests == []
