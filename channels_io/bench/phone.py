"""The telephone's side of `benchvoice --wire twilio`: numbers for the agents, and what the server wrote down of the calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from django.conf import settings

from agents.models import Agent
from channels_io.account_secrets import secrets_of
from channels_io.bench.corpus import all_clips
from channels_io.bench.errors import MeasureError
from channels_io.bench.figures import is_right
from channels_io.bench.phone_driver import PhonePlan, PhoneRun, PhonesPlan, Spoken
from channels_io.bench.plans import Draft
from channels_io.bench.records import BackChannelRecord, RunRecord, TurnRecord
from channels_io.hooks import hook_url
from channels_io.models import PhoneCall, Turn
from channels_io.simulators.stand_in import NothingSimulated, StandIn, find_or_make
from inference.events import Span

LATEST = timedelta(seconds=6)
"""After a clip's end, until its turn must have been taken."""
Latest = dict[Spoken, datetime]


def phones_plan(workspace: str, served: str, drafts: Sequence[Draft]) -> PhonesPlan:
    """Every agent of `drafts` gets a simulated number. `served`: http://host:port of the server. Raises MeasureError."""
    numbers: dict[str, StandIn] = {}
    for slug in dict.fromkeys(draft.agent for draft in drafts):
        agent = Agent.objects.filter(workspace__slug=workspace, slug=slug).select_related("workspace").first()
        if agent is None:
            raise MeasureError(
                f'The workspace "{workspace}" has no agent "{slug}": run `manage.py up` once, it seeds it.'
            )
        try:
            numbers[slug] = find_or_make(agent, "call")
        except NothingSimulated as error:
            raise MeasureError(str(error)) from error
    accounts = {stand_in.account.pk: stand_in.account for stand_in in numbers.values()}
    if len(accounts) != 1:
        raise MeasureError("The agents' simulated numbers belong to several accounts; leave one.")
    account = next(iter(accounts.values()))
    return PhonesPlan(
        settings.PARLEY_PUBLIC_URL,
        served,
        account.number,
        secrets_of(account)["auth_token"],
        tuple(
            PhonePlan(
                hook_url(numbers[draft.agent].channel, "voice"),
                numbers[draft.agent].channel.address,
                draft.clips,
                draft.lead,
                draft.greeting,
            )
            for draft in drafts
        ),
    )


def joined(found: PhoneRun) -> RunRecord:
    """The driver's records with what the server heard, said and timed: by call and moment."""
    said = {(each.call, each.clip): each for each in found.spoken}
    calls = list(dict.fromkeys(each.call for each in found.spoken))
    turns = {sid: _turns_of(sid) for sid in calls}
    by_clip = {each.clip: each for each in found.spoken}
    order = _calls_of(found)
    latest = _latest(found.spoken)
    return msgspec.structs.replace(
        found.run,
        turns=tuple(
            _turn(record, said.get((order.get(record.call, ""), record.clip)), turns, latest)
            for record in found.run.turns
        ),
        back_channels=tuple(
            _back_channel(record, by_clip.get(record.clip), turns, latest) for record in found.run.back_channels
        ),
    )


def _latest(spoken: Sequence[Spoken]) -> Latest:
    """When the turn of each clip must have been taken: it is not the turn of the clip that was said next."""
    found: Latest = {}
    for each, after in zip(spoken, [*spoken[1:], None], strict=True):
        moment = datetime.fromtimestamp(each.ended, UTC) + LATEST
        if after is not None and after.call == each.call:
            moment = min(moment, datetime.fromtimestamp(after.began, UTC))
        found[each] = moment
    return found


def _calls_of(found: PhoneRun) -> dict[int, str]:
    """Number of the call in the run → its id: calls are made one after another, and each says something."""
    sids = list(dict.fromkeys(each.call for each in found.spoken))
    numbers = list(dict.fromkeys(record.call for record in found.run.turns))
    return dict(zip(numbers, sids, strict=False))


def _turns_of(sid: str) -> list[Turn]:
    call = PhoneCall.objects.filter(provider_id=sid).first()
    if call is None or call.leg_id is None:
        return []
    return list(Turn.objects.filter(leg_id=call.leg_id).prefetch_related("spans").order_by("number", "pk"))


def _heard(spoken: Spoken, turns: Sequence[Turn], latest: Latest) -> list[Turn]:
    """The caller's turns that were taken of these words."""
    began = datetime.fromtimestamp(spoken.began, UTC)
    return [turn for turn in turns if turn.role == Turn.Role.CALLER and began <= turn.at < latest[spoken]]


def _turn(record: TurnRecord, spoken: Spoken | None, turns: dict[str, list[Turn]], latest: Latest) -> TurnRecord:
    if spoken is None:
        return record
    heard = _heard(spoken, turns[spoken.call], latest)
    if not heard:
        return record
    answers = [turn for turn in turns[spoken.call] if turn.role == Turn.Role.AGENT and turn.number == heard[-1].number]
    answer = answers[0] if answers else None
    text = answer.text if answer else ""
    expect = all_clips()[record.clip].expect
    cut_off = record.cut_off or len(heard) > 1
    return msgspec.structs.replace(
        record,
        heard=" ".join(turn.text for turn in heard),
        said=text,
        v2v_ms=None if cut_off else record.v2v_ms,
        cut_off=cut_off,
        spans=() if answer is None else tuple(Span(span.name, span.ms) for span in answer.spans.all()),
        prompt_tokens=answer.prompt_tokens if answer else 0,
        cached_tokens=answer.cached_tokens if answer else 0,
        reply_tokens=answer.reply_tokens if answer else 0,
        right=is_right(text, expect) if expect else None,
    )


def _back_channel(
    record: BackChannelRecord, spoken: Spoken | None, turns: dict[str, list[Turn]], latest: Latest
) -> BackChannelRecord:
    """Taken as a turn, it stopped the agent, though the answer to it may have sounded like going on."""
    taken = spoken is not None and bool(_heard(spoken, turns[spoken.call], latest))
    stopped = record.stopped or taken
    return BackChannelRecord(record.clip, stopped, None if stopped else record.held_ms)
