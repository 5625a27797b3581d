"""What every operation of the OpenAPI document says by itself: its scope, and how it fails."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "Stable."},
                "message": {"type": "string", "description": "For people."},
                "fields": {"description": "400: what is wrong, by field."},
            },
        }
    },
}
FAILED: dict[str, Any] = {
    "description": "400 a field is wrong · 401 no key · 403 the key lacks the scope · 404 there is no such thing "
    "in this workspace · 409 it cannot be done now · 429 too fast: see Retry-After · 503 try again",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
}
STREAM = "text/event-stream"
EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "description": "reply_text, done, failed"},
        "data": {"type": "string", "description": "JSON."},
    },
}
STREAM_FAILED = {**FAILED, "content": {**FAILED["content"], STREAM: {"schema": EVENT}}}


class ScopedSchema(AutoSchema):
    """Names the scope that a key needs."""

    def get_extensions(self) -> dict[str, Any]:
        permissions = self.view.get_permissions()
        scope = next((found for each in permissions if (found := getattr(each, "scope", ""))), "")
        return {"x-scope": scope} if scope else {}


def add_failures(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: whatever is not said otherwise fails in the one form of `api_errors`."""
    result.setdefault("components", {}).setdefault("schemas", {})["Failure"] = ERROR
    for methods in result.get("paths", {}).values():
        for operation in methods.values():
            responses = operation.setdefault("responses", {})
            streams = any(STREAM in answer.get("content", {}) for answer in responses.values())
            responses.setdefault("default", STREAM_FAILED if streams else FAILED)
    return result
