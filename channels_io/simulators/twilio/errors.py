"""Errors of the API, in the shape in which the `twilio` client reads them."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import JSONResponse

MESSAGES: Final[dict[int, tuple[int, str]]] = {
    20001: (400, "Bad request: {}"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {}"),
    21210: (400, "The source phone number provided, {}, is not yet verified for your account."),
    21211: (400, "The 'To' number {} is not a valid phone number."),
    21213: (400, "No 'From' number is specified"),
    21215: (403, "Account not authorized to call {}."),
    21220: (400, "Unable to update record. Call is not in-progress. Cannot redirect."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {} is not a valid, message-capable Twilio phone number for this account."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21619: (400, "A text message body or media urls must be specified."),
    21655: (400, "The ContentSid {} is invalid."),
    21656: (400, "The ContentVariables parameter is invalid."),
    21910: (400, "Invalid From and To pair. From and To should be of the same channel"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}
DELIVERY: Final[dict[int, str]] = {
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    63016: "Failed to send freeform message because you are outside the allowed window.",
}
"""What a message that was taken can still fail with."""


class RestError(Exception):
    def __init__(self, code: int, what: str = "") -> None:
        self.code = code
        self.status, text = MESSAGES[code]
        super().__init__(text.format(what))

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status)
