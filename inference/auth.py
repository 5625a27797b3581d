"""The worker's lock: one shared secret between web and worker, as a Bearer token."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = frozenset({"/health", "/ready"})
CLOSE_UNAUTHORIZED = 4401


class TokenAuth:
    """Lets only requests and sockets with `Authorization: Bearer <token>` through.

    `/health` and `/ready` are open: a probe has no secret and they tell none. The comparison takes
    the same time for every wrong token. Sockets are refused before they are accepted.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        if not token:
            raise ValueError("The worker needs a shared secret.")
        self._app = app
        self._expected = token.encode("utf-8", "surrogateescape")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in OPEN_PATHS or self._allows(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": CLOSE_UNAUTHORIZED, "reason": "Wrong worker token."})
        else:
            await _unauthorized()(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1", "replace")
        return hmac.compare_digest(given, self._expected) and scheme.lower() == "bearer"


def _unauthorized() -> JSONResponse:
    return JSONResponse(
        {
            "error": {
                "message": "Wrong or missing worker token. Send it as 'Authorization: Bearer <PARLEY_WORKER_TOKEN>'.",
                "type": "authentication_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
        status_code=401,
        headers={"WWW-Authenticate": "Bearer"},
    )
