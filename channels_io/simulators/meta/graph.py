"""The Graph API as far as we use it: messages, media, templates, and the nodes that the set-up test reads."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from channels_io.simulators.meta.faults import Faults
from channels_io.simulators.meta.ledger import GraphSend, Ledger, MediaFile, ReadMark
from channels_io.simulators.meta.message_rules import GraphError, check_message
from channels_io.simulators.meta.payloads import Json, new_wamid
from channels_io.simulators.meta.people import MetaIdentity

WINDOW_SECONDS = 24 * 3600
MAX_MEDIA = 16_000_000


class _Cut(Response):
    """Begins to answer and stops: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})


class Graph:
    """`taken` is called for every message that was taken and not lost, `shakes_hands` for a webhook that is to be set."""

    def __init__(
        self,
        identity: MetaIdentity,
        ledger: Ledger,
        faults: Faults,
        *,
        taken: Callable[[GraphSend], None],
        shakes_hands: Callable[[str, str], Awaitable[bool]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.identity = identity
        self.ledger = ledger
        self.faults = faults
        self.templates: list[Json] = []
        """As Meta lists them: name, language, status, category, components."""
        self.files: dict[str, MediaFile] = {}
        """What people sent, by id."""
        self.heard: dict[str, float] = {}
        """When a person wrote last, by number and by user id."""
        self.subscribed = False
        """Whether the app gets this account's webhooks."""
        self.webhook = ""
        """The number's own, once it was set over the Graph."""
        self._taken = taken
        self._shakes_hands = shakes_hands
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/files/{media}", self._answered(self._file), methods=["GET"]),
            Route("/{node}/messages", self._answered(self._messages), methods=["POST"]),
            Route("/{node}/media", self._answered(self._upload), methods=["POST"]),
            Route("/{node}/message_templates", self._answered(self._templates), methods=["GET"]),
            Route("/{node}/subscribed_apps", self._answered(self._subscribed), methods=["GET", "POST"]),
            Route("/{node}/phone_numbers", self._answered(self._numbers), methods=["GET"]),
            Route("/{node}", self._answered(self._node), methods=["GET"]),
            Route("/{node}", self._answered(self._set_webhook), methods=["POST"]),
        ]

    def _answered(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            try:
                self._signed_in(request)
                response: Response = await endpoint(request)
            except GraphError as error:
                self.ledger.refusals.append((error.status, f"{error.code} {error.words}"))
                return JSONResponse(error.as_json(), status_code=error.status)
            return response

        return answer

    def _signed_in(self, request: Request) -> None:
        if self.faults.token_expired:
            raise GraphError(401, 190, "Error validating access token: Session has expired")
        if request.headers.get("authorization") != f"Bearer {self.identity.access_token}":
            raise GraphError(401, 190, "Invalid OAuth access token - Cannot parse access token")
        proof = request.query_params.get("appsecret_proof")
        if proof is not None and not hmac.compare_digest(proof, self.identity.proof):
            raise GraphError(400, 100, "Invalid appsecret_proof provided in the API argument")

    # --- messages -------------------------------------------------------------------------------

    async def _messages(self, request: Request) -> Response:
        body = await request.json()
        if request.path_params["node"] != self.identity.phone_number_id:
            raise GraphError(400, 100, "Unsupported post request. Object does not exist")
        if body.get("status") == "read":
            self.ledger.marks.append(ReadMark(str(body.get("message_id")), "typing_indicator" in body))
            return JSONResponse({"success": True})
        self._refuse_on_purpose()
        check_message(body, self.ledger.uploads)
        to = str(body.get("to") or body.get("recipient"))
        self._check_window(to, body)
        send = GraphSend(new_wamid(), to, body["type"], body, str(body.get("biz_opaque_callback_data", "")))
        self.ledger.sends.append(send)
        if not await self._answers(send):
            return _Cut()
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": send.id}],
            }
        )

    def _refuse_on_purpose(self) -> None:
        if self.faults.throttle:
            self.faults.throttle -= 1
            raise GraphError(429, 130429, "Rate limit hit")
        if self.faults.pair_rate:
            self.faults.pair_rate -= 1
            raise GraphError(400, 131056, "(Business Account, Consumer Account) pair rate limit hit")
        if self.faults.refuse:
            raise GraphError(*self.faults.refuse.pop(0))

    def _check_window(self, to: str, body: Json) -> None:
        if body["type"] == "template":
            known = [t for t in self.templates if t["name"] == body["template"]["name"]]
            if not any(t["language"] == body["template"]["language"]["code"] for t in known):
                raise GraphError(404, 132001, "Template name does not exist in the translation")
            return
        if self.faults.window_closed or self._clock() - self.heard.get(to, 0.0) > WINDOW_SECONDS:
            raise GraphError(400, 131047, "Re-engagement message: more than 24 hours have passed")

    async def _answers(self, send: GraphSend) -> bool:
        if self.faults.lose:
            self.faults.lose -= 1
            return True
        self._taken(send)
        if self.faults.accept_and_hang:
            self.faults.accept_and_hang -= 1
            await asyncio.sleep(self.faults.hang_seconds)
        if self.faults.accept_and_cut:
            self.faults.accept_and_cut -= 1
            return False
        return True

    # --- media ----------------------------------------------------------------------------------

    async def _upload(self, request: Request) -> Response:
        async with request.form(max_files=1, max_part_size=MAX_MEDIA) as form:
            file = form.get("file")
            if form.get("messaging_product") != "whatsapp" or file is None or isinstance(file, str):
                raise GraphError(400, 100, "(#100) The parameter file is required")
            data = await file.read()
            mime = str(form.get("type") or file.content_type or "")
        if not data or len(data) > MAX_MEDIA:
            raise GraphError(400, 131053, "Media upload error")
        stored = MediaFile(secrets.token_hex(8), data, mime)
        self.ledger.uploads[stored.id] = stored
        return JSONResponse({"id": stored.id})

    async def _file(self, request: Request) -> Response:
        file = self.files.get(request.path_params["media"])
        if file is None or self.faults.media_gone:
            raise GraphError(404, 100, "Media not found")
        self.ledger.downloads.append(file.id)
        return Response(file.data, media_type=file.mime.split(";")[0])

    # --- nodes ----------------------------------------------------------------------------------

    async def _node(self, request: Request) -> Response:
        node = request.path_params["node"]
        if node == self.identity.phone_number_id:
            return JSONResponse(self._number())
        if node == self.identity.waba:
            return JSONResponse({"id": node, "name": "Simulated business"})
        if (file := self.files.get(node)) and not self.faults.media_gone:
            where = str(request.url.replace(query="")).rpartition("/")[0]
            return JSONResponse(
                {
                    "messaging_product": "whatsapp",
                    "url": f"{where}/files/{node}",
                    "mime_type": file.mime,
                    "sha256": secrets.token_hex(32),
                    "file_size": len(file.data),
                    "id": node,
                }
            )
        raise GraphError(400, 100, f"Unsupported get request. Object with ID '{node}' does not exist")

    async def _numbers(self, request: Request) -> Response:
        self._own_waba(request)
        return JSONResponse({"data": [self._number()]})

    async def _subscribed(self, request: Request) -> Response:
        self._own_waba(request)
        if request.method == "POST":
            self.subscribed = True
            return JSONResponse({"success": True})
        app = {"whatsapp_business_api_data": {"id": "1", "name": "Simulated app", "link": ""}}
        return JSONResponse({"data": [app] if self.subscribed else []})

    async def _set_webhook(self, request: Request) -> Response:
        """Meta asks the address for its handshake before it says yes."""
        asked = (await request.json()).get("webhook_configuration") or {}
        url, token = str(asked.get("override_callback_uri", "")), str(asked.get("verify_token", ""))
        if request.path_params["node"] != self.identity.phone_number_id:
            raise GraphError(400, 100, "Unsupported post request. Object does not exist")
        if url and not await self._shakes_hands(url, token):
            raise GraphError(400, 100, "The callback URL or verify token could not be validated")
        self.webhook = url
        return JSONResponse({"success": True})

    async def _templates(self, request: Request) -> Response:
        self._own_waba(request)
        limit = int(request.query_params.get("limit", "25"))
        begin = int(request.query_params.get("after", "0"))
        page = self.templates[begin : begin + limit]
        answer: Json = {"data": page}
        if begin + limit < len(self.templates):
            answer["paging"] = {
                "cursors": {"after": str(begin + limit)},
                "next": "https://graph.facebook.com/next",
            }
        return JSONResponse(answer)

    def _own_waba(self, request: Request) -> None:
        if request.path_params["node"] != self.identity.waba:
            raise GraphError(400, 100, "Unsupported get request. Object does not exist")

    def _number(self) -> Json:
        return {
            "id": self.identity.phone_number_id,
            "display_phone_number": self.identity.display_number,
            "verified_name": "Simulated business",
            "quality_rating": "GREEN",
            "status": "CONNECTED",
            "name_status": "APPROVED",
            **({"webhook_configuration": {"phone_number": self.webhook}} if self.webhook else {}),
        }
