"""A conversation as plain JSON: the file people download and the API's detail are this one shape.

The shape is `channels_io.api.serializers.RecordSerializer`; `SCHEMA` changes when a field is renamed or
removed, never when one is added.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from channels_io.after.report import analysis_json
from channels_io.models import Analysis, Conversation, Event
from channels_io.reads.phone_calls import CallRecord
from channels_io.reads.record import LegRecord, Record, TurnRecord

SCHEMA = "parley.conversation/1"


def export_record(record: Record) -> dict[str, Any]:
    conversation = record.conversation
    return {
        "schema": SCHEMA,
        "id": conversation.public_id,
        "status": conversation.status,
        "owner": conversation.owner,
        "outcome": conversation.outcome,
        "outcome_label": conversation.outcome_label,
        "started_at": conversation.started_at,
        "last_at": conversation.last_at,
        "agent": {"id": conversation.agent.public_id, "name": conversation.agent.name},
        "contact": {
            "id": conversation.contact.public_id,
            "name": conversation.contact.name,
            "identities": [{"kind": each.kind, "value": each.value} for each in record.identities],
        },
        "summary": {
            "duration_ms": round(record.duration.total_seconds() * 1000),
            "turns": len(record.turns),
            "timed_replies": len(record.timed),
            "v2v_p50_ms": record.p50,
            "v2v_p95_ms": record.p95,
            "cached_share": record.cached_share,
        },
        "analysis": _analysis(conversation),
        "state": conversation.state,
        "legs": [_leg(leg, conversation) for leg in record.legs],
    }


def _analysis(conversation: Conversation) -> dict[str, Any] | None:
    analysis = Analysis.objects.filter(conversation=conversation).first()
    if analysis is None:
        return None
    analysis.conversation = conversation
    return analysis_json(analysis)


def _leg(record: LegRecord, conversation: Conversation) -> dict[str, Any]:
    leg = record.leg
    return {
        "id": leg.public_id,
        "kind": leg.kind,
        "media": leg.media,
        "channel": {"id": leg.channel.public_id, "name": leg.channel.name} if leg.channel else None,
        "version": {"id": leg.version.public_id, "number": leg.version.number} if leg.version else None,
        "draft": bool(leg.spec),
        "started_at": leg.started_at,
        "ended_at": leg.ended_at,
        "end_reason": leg.end_reason,
        "end_label": leg.end_label,
        "end_tone": leg.end_tone if leg.end_reason else "",
        "recording": {
            "url": reverse("channels_io:api-recording", args=(conversation.public_id, leg.public_id)),
            "rate": leg.recording_rate,
            "ms": leg.recording_ms,
            "peaks": leg.peaks,
        }
        if leg.recording
        else None,
        "telephone": _telephone(record.call) if record.call is not None else None,
        "turns": [_turn(turn) for turn in record.turns],
        "events": [_event(event) for event in record.events],
    }


def _telephone(record: CallRecord) -> dict[str, Any]:
    call = record.call
    return {
        "id": call.public_id,
        "direction": call.direction,
        "number": call.remote,
        "status": call.status,
        "answered_by": call.answered_by,
        "result": call.result,
        "consent": str(call.plan.get("consent", "")),
        "transfers": [
            {"number": each.number, "result": each.result, "announced": each.announced, "seconds": each.seconds}
            for each in record.transfers
        ],
    }


def _turn(record: TurnRecord) -> dict[str, Any]:
    turn = record.turn
    return {
        "id": turn.public_id,
        "number": turn.number,
        "role": turn.role,
        "text": turn.text,
        "full_text": turn.full_text,
        "cut": turn.cut,
        "source": turn.source,
        "message_id": turn.message_id,
        "started_ms": turn.started_ms,
        "ended_ms": turn.ended_ms,
        "at": turn.at,
        "timing": {
            "v2v_ms": turn.v2v_ms,
            "prompt_tokens": turn.prompt_tokens,
            "cached_tokens": turn.cached_tokens,
            "reply_tokens": turn.reply_tokens,
            "guesses_wasted": turn.guesses_wasted,
            "filler": turn.filler,
            "over_budget": turn.over_budget,
            "spans": [{"name": span.name, "start_ms": span.start_ms, "ms": span.ms} for span in record.spans],
        }
        if turn.timing_seq
        else None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {"seq": event.seq, "kind": event.kind, "data": event.data, "at_ms": event.at_ms, "at": event.at}
