"""What the call page and the widget send for a ticket, and how they are refused."""

from __future__ import annotations

from typing import Literal

import msgspec
from django.http import JsonResponse
from msgspec import Struct

MAX_BODY_BYTES = 4096


class InvalidTicketRequest(ValueError):
    """The body is not what was asked for; the text says what is wrong."""


class TicketRequest(Struct, frozen=True, forbid_unknown_fields=True):
    mode: Literal["voice", "chat"] = "voice"
    conversation: str = ""
    visitor: str = ""
    """Only from widgets: the random name that this browser gave itself."""


_decoder = msgspec.json.Decoder(TicketRequest)


def read_ticket_request(body: bytes) -> TicketRequest:
    """Raises InvalidTicketRequest."""
    if len(body) > MAX_BODY_BYTES:
        raise InvalidTicketRequest(f"At most {MAX_BODY_BYTES} bytes are taken.")
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidTicketRequest(f"Not a request for a ticket: {error}") from error


def refusal(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
