"""What a simulated call or correspondence was, as data for `manage.py simulate --json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from channels_io.models import PhoneCall, Turn
from channels_io.simulators.booking_story import Story
from channels_io.simulators.texting import Got
from channels_io.simulators.twilio import CallRecord, HookRecord, TwilioSimulator
from channels_io.simulators.twilio.talk import Talk


def said_in(call_sid: str) -> list[tuple[str, str]]:
    """(role, text) of the call's conversation as the server has it; [] when it has none."""
    call = PhoneCall.objects.filter(provider_id=call_sid).first()
    if call is None or call.leg_id is None:
        return []
    turns = sorted(
        Turn.objects.filter(leg_id=call.leg_id), key=lambda turn: (turn.number, turn.role != Turn.Role.CALLER, turn.pk)
    )
    return [(str(turn.role), turn.text) for turn in turns if turn.text]


def call_as_json(
    twilio: TwilioSimulator, record: CallRecord, result: Talk, said: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    return {
        **_call(record),
        "answers": [
            {"to": answer.to, "after_ms": _rounded(answer.after_ms), "cut_ms": _rounded(answer.cut_ms)}
            for answer in result.answers
        ],
        "transcript": [{"role": role, "text": text} for role, text in said],
        "others": [_call(other) for other in twilio.calls.values() if other is not record],
        "messages": [
            {"from": message.sender, "to": message.to, "body": message.body, "status": message.status}
            for message in twilio.messages.values()
        ],
        "webhooks": [_hook(hook) for hook in twilio.hooks],
    }


def messages_as_json(exchanges: Iterable[tuple[str, Sequence[Got]]]) -> list[dict[str, Any]]:
    return [
        {
            "sent": text,
            "answers": [{"text": each.text, "media": list(each.media), "status": each.status} for each in got],
        }
        for text, got in exchanges
    ]


def story_as_json(story: Story) -> dict[str, Any]:
    return {
        "checks": [{"what": check.what, "right": check.right, "found": check.found} for check in story.checks],
        "said": [
            {
                "words": each.words,
                "heard": each.heard,
                "after_ms": _rounded(each.after_ms),
                "cut_ms": _rounded(each.cut_ms),
                "tries": each.tries,
            }
            for each in story.heard
        ],
        "written": [{"text": text, "answers": answers} for text, answers in story.written],
        "conversations": story.conversations,
    }


def _call(record: CallRecord) -> dict[str, Any]:
    late = [value for stream in record.streams for value in stream.lateness]
    return {
        "sid": record.sid,
        "direction": record.direction,
        "from": record.sender,
        "to": record.to,
        "status": record.status,
        "ended_by": record.ended_by,
        "seconds": record.seconds,
        "verbs": [verb.name for verb in record.verbs],
        "streams": [
            {
                "opened": stream.opened is not None,
                "close_code": stream.close_code,
                "marks": len(stream.marks),
                "clears": len(stream.clears),
                "media_messages": stream.media_messages,
            }
            for stream in record.streams
        ],
        "pressed": "".join(digit for _, digit in record.pressed),
        "lateness_p99_ms": round(float(np.percentile(late, 99)) * 1000, 2) if late else 0.0,
        "problems": [{"code": problem.code, "message": problem.message} for problem in record.problems],
    }


def _hook(hook: HookRecord) -> dict[str, Any]:
    return {
        "kind": hook.kind,
        "url": hook.url,
        "status": hook.status,
        "ms": round(hook.ms, 1),
        "attempts": len(hook.attempts),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
