"""What a conversation came to, as plain JSON: the API's answer, the webhook's body and the exported file are this one shape."""

from __future__ import annotations

from typing import Any

from channels_io.models import Analysis, Conversation, CostLine, FollowUp


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """With its conversation at hand."""
    conversation = analysis.conversation
    costs = list(CostLine.objects.filter(conversation=conversation).order_by("component", "unit", "pk"))
    return {
        "state": analysis.state,
        "error_code": analysis.error_code,
        "outcome": conversation.outcome,
        "contained": analysis.contained,
        "summary": analysis.summary,
        "sentiment": analysis.sentiment,
        "fields": analysis.fields,
        "unanswered": analysis.unanswered,
        "follow_ups": [
            follow_up_json(each) for each in FollowUp.objects.filter(conversation=conversation).order_by("pk")
        ],
        "cost": {
            "total_micros": sum(line.cost for line in costs),
            "lines": [
                {
                    "component": line.component,
                    "unit": line.unit,
                    "service": line.service,
                    "model": line.model,
                    "quantity": line.quantity,
                    "cost_micros": line.cost,
                }
                for line in costs
            ],
        },
        "model": analysis.model,
        "of": _iso(analysis.of),
        "done_at": _iso(analysis.done_at),
    }


def follow_up_json(follow_up: FollowUp) -> dict[str, Any]:
    return {
        "id": follow_up.public_id,
        "text": follow_up.text,
        "due_on": follow_up.due_on.isoformat() if follow_up.due_on else None,
        "source": follow_up.source,
        "done_at": _iso(follow_up.done_at),
    }


def conversation_json(conversation: Conversation) -> dict[str, Any]:
    """What every event says of the conversation it is about: no words, no number."""
    return {
        "id": conversation.public_id,
        "status": conversation.status,
        "owner": conversation.owner,
        "outcome": conversation.outcome,
        "agent": conversation.agent.public_id,
        "contact": conversation.contact.public_id,
        "kind": conversation.last_kind,
        "test": conversation.test,
        "started_at": conversation.started_at.isoformat(),
        "last_at": conversation.last_at.isoformat(),
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
