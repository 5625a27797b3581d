"""Whether sound may be kept: what was said to the caller, and what the caller said."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from channels_io.actions.note_consent import note_consent
from channels_io.actions.start_recording import start_recording
from channels_io.models import Leg
from channels_io.privacy.consent import Consent, Happened, after, may_record
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation


@pytest.mark.parametrize(
    ("happened", "ends", "records"),
    [
        ((), "", False),
        (("announced",), "told", True),
        (("asked",), "asked", False),
        (("asked", "yes"), "given", True),
        (("asked", "no"), "refused", False),
        (("asked", "no", "yes"), "refused", False),
        (("no", "announced"), "refused", False),
        (("announced", "no"), "refused", False),
        (("asked", "yes", "no"), "refused", False),
        (("yes", "announced", "asked"), "given", True),
    ],
)
def test_the_way_of_a_consent(happened: tuple[Happened, ...], ends: Consent, records: bool) -> None:
    consent: Consent = ""
    for each in happened:
        consent = after(consent, each)
    assert (consent, may_record(consent)) == (ends, records)


def test_no_way_leads_out_of_a_refusal() -> None:
    for first, second in product(get_args(Happened), repeat=2):
        assert after(after("refused", first), second) == "refused"


@pytest.mark.django_db
def test_who_refused_is_not_recorded_whatever_the_agent_announces(acme: Workspace) -> None:
    agent = make_agent(acme, record_audio=True)
    publish(agent)
    leg = make_conversation(agent, end_reason=None).legs.get()
    note_consent(leg, "no")
    assert start_recording(leg) is None
    leg.refresh_from_db()
    assert (leg.consent, leg.recording) == (Leg.Consent.REFUSED, "")


@pytest.mark.django_db
def test_an_agent_that_says_so_records(acme: Workspace) -> None:
    agent = make_agent(acme, record_audio=True)
    publish(agent)
    leg = make_conversation(agent, end_reason=None).legs.get()
    writer = start_recording(leg)
    assert writer is not None
    writer.close()
    leg.refresh_from_db()
    assert leg.consent == Leg.Consent.TOLD
