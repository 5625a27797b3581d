from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from channels_io.simulators.meta import MetaSimulator, Person, payloads
from channels_io.simulators.meta.simulator import PATH
from tests.channels_io.live.sockets import serving

ANN = Person("15550100001", "Ann", "US.1")


class Hook:
    """A webhook that keeps what it gets; `answers` are used up first."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        self.token = ""

    async def answer(self, request: Request) -> Response:
        if request.method == "GET":
            good = request.query_params.get("hub.verify_token") == self.token
            return PlainTextResponse(request.query_params["hub.challenge"] if good else "no", 200 if good else 403)
        self.bodies.append(await request.body())
        self.signatures.append(request.headers.get("x-hub-signature-256", ""))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)

    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def values(self) -> list[dict[str, Any]]:
        return [
            change["value"] for payload in self.payloads() for entry in payload["entry"] for change in entry["changes"]
        ]


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    hook = Hook()
    async with serving(Starlette(routes=[Route("/hook", hook.answer, methods=["GET", "POST"])])) as place:
        yield hook, f"http://{place}/hook"


@pytest_asyncio.fixture
async def meta(hook: tuple[Hook, str]) -> AsyncIterator[MetaSimulator]:
    async with MetaSimulator(hook=hook[1]) as meta:
        hook[0].token = meta.identity.verify_token
        yield meta


@pytest_asyncio.fixture
async def graph(meta: MetaSimulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {meta.identity.access_token}"}
    async with httpx.AsyncClient(headers=headers, base_url=f"{meta.base_url}/", trust_env=False, timeout=5) as client:
        yield client


def text_for(words: str = "Hello", to: str = ANN.number, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": words}, **more}


async def send(graph: httpx.AsyncClient, meta: MetaSimulator, body: dict[str, Any]) -> httpx.Response:
    return await graph.post(f"{meta.identity.phone_number_id}/messages", json=body)


async def code_of(graph: httpx.AsyncClient, meta: MetaSimulator, body: dict[str, Any]) -> tuple[int, int]:
    answer = await send(graph, meta, body)
    return answer.status_code, answer.json().get("error", {}).get("code", 0)


async def test_the_handshake(meta: MetaSimulator) -> None:
    assert await meta.verify()
    assert not await meta.verify("wrong")


async def test_a_person_writes_signed_and_escaped(meta: MetaSimulator, hook: tuple[Hook, str]) -> None:
    message = await meta.text(ANN, "Hi 👋 a/b", reply_to="wamid.0")
    [body] = hook[0].bodies
    assert rb"\ud83d\udc4b a\/b" in body
    assert hook[0].signatures == [payloads.signed(body, meta.identity.app_secret)]
    [value] = hook[0].values()
    assert value["metadata"]["phone_number_id"] == meta.identity.phone_number_id
    assert value["messages"][0]["id"] == message
    assert value["messages"][0]["context"]["id"] == "wamid.0"
    assert value["contacts"][0] == {"profile": {"name": "Ann"}, "wa_id": ANN.number, "user_id": "US.1"}
    assert [delivery.status for delivery in meta.ledger.deliveries] == [200]


async def test_a_batch_is_one_delivery_in_any_order(meta: MetaSimulator, hook: tuple[Hook, str]) -> None:
    bob = Person("15550100002", "Bob")
    ids = await meta.batch([(ANN, "a"), (bob, "b"), (ANN, "c")], shuffled=[2, 0, 1])
    assert len(hook[0].bodies) == 1
    assert [value["messages"][0]["id"] for value in hook[0].values()] == [ids[2], ids[0], ids[1]]


async def test_what_is_not_acknowledged_comes_again(meta: MetaSimulator, hook: tuple[Hook, str]) -> None:
    hook[0].answers = [503, 500]
    payload = payloads.envelope(meta.identity, payloads.value_of(meta.identity))
    [delivery] = await meta.deliver(payload, tries=4, pause=0.01)
    assert delivery.status == 200
    assert [each.status for each in meta.ledger.deliveries] == [503, 500, 200]


async def test_free_words_within_a_day_only(meta: MetaSimulator, graph: httpx.AsyncClient) -> None:
    assert await code_of(graph, meta, text_for()) == (400, 131047)
    await meta.text(ANN, "hi")
    assert await code_of(graph, meta, text_for()) == (200, 0)
    assert await code_of(graph, meta, {**text_for(to=""), "recipient": "US.1"}) == (200, 0)
    meta.graph.heard[ANN.number] -= 24 * 3600 + 1
    assert await code_of(graph, meta, text_for()) == (400, 131047)
    meta.graph.templates.append({"name": "hello", "language": "en", "status": "APPROVED", "components": []})
    template = {**text_for(), "type": "template", "template": {"name": "hello", "language": {"code": "en"}}}
    assert await code_of(graph, meta, template) == (200, 0)
    template["template"] = {"name": "hello", "language": {"code": "de"}}
    assert await code_of(graph, meta, template) == (404, 132001)


async def test_statuses_follow_by_themselves_in_the_order_asked_for(
    meta: MetaSimulator, hook: tuple[Hook, str], graph: httpx.AsyncClient
) -> None:
    await meta.text(ANN, "hi")
    meta.faults.statuses = ("read", "sent", "delivered")
    meta.faults.report_times = 2
    await send(graph, meta, text_for(biz_opaque_callback_data="om_1"))
    await meta.settled()
    told = [value["statuses"][0] for value in hook[0].values() if "statuses" in value]
    assert [status["status"] for status in told] == ["read", "read", "sent", "sent", "delivered", "delivered"]
    assert {status["biz_opaque_callback_data"] for status in told} == {"om_1"}
    assert (await meta.sent_to(ANN)).text == "Hello"
    with pytest.raises(TimeoutError):
        await meta.sent_to(ANN, seconds=0.01)


@pytest.mark.parametrize(
    ("fault", "value", "expected"),
    [
        ("throttle", 1, (429, 130429)),
        ("pair_rate", 1, (400, 131056)),
        ("token_expired", True, (401, 190)),
        ("window_closed", True, (400, 131047)),
        ("refuse", [(500, 131000, "Something went wrong")], (500, 131000)),
    ],
)
async def test_refusals(
    meta: MetaSimulator, graph: httpx.AsyncClient, fault: str, value: Any, expected: tuple[int, int]
) -> None:
    await meta.text(ANN, "hi")
    setattr(meta.faults, fault, value)
    assert await code_of(graph, meta, text_for()) == expected
    assert not meta.ledger.sends
    assert meta.ledger.refusals


async def test_accepted_without_an_answer(meta: MetaSimulator, graph: httpx.AsyncClient) -> None:
    await meta.text(ANN, "hi")
    meta.faults.accept_and_cut = 1
    with pytest.raises(httpx.RemoteProtocolError):
        await send(graph, meta, text_for("cut"))
    meta.faults.accept_and_hang, meta.faults.hang_seconds = 1, 0.5
    with pytest.raises(httpx.ReadTimeout):
        await graph.post(f"{meta.identity.phone_number_id}/messages", json=text_for("hung"), timeout=0.1)
    assert [send.text for send in meta.ledger.sends] == ["cut", "hung"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"messaging_product": "sms"}, 131008),
        ({"to": ""}, 131008),
        ({"type": "smoke_signal"}, 131051),
        ({"text": {"body": "x" * 4097}}, 131009),
        ({"text": {"body": " "}}, 131009),
        ({"type": "audio", "audio": {"id": "unknown"}}, 131052),
        ({"biz_opaque_callback_data": "x" * 513}, 131009),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": []}},
            },
            131009,
        ),
    ],
)
async def test_limits(meta: MetaSimulator, graph: httpx.AsyncClient, body: dict[str, Any], code: int) -> None:
    await meta.text(ANN, "hi")
    assert await code_of(graph, meta, {**text_for(), **body}) == (400, code)


async def test_media_both_ways(meta: MetaSimulator, hook: tuple[Hook, str], graph: httpx.AsyncClient) -> None:
    await meta.media(ANN, b"OggS", "audio/ogg; codecs=opus", kind="audio", voice=True)
    audio = hook[0].values()[0]["messages"][0]["audio"]
    assert audio["voice"] is True
    about = (await graph.get(audio["id"])).json()
    assert about["file_size"] == 4
    assert (await graph.get(about["url"])).content == b"OggS"
    assert (await graph.get(about["url"], headers={"Authorization": "Bearer wrong"})).status_code == 401
    form = {"messaging_product": "whatsapp", "type": "audio/ogg"}
    files = {"file": ("v.ogg", b"OggS", "audio/ogg")}
    uploaded = (await graph.post(f"{meta.identity.phone_number_id}/media", data=form, files=files)).json()["id"]
    assert meta.ledger.uploads[uploaded].data == b"OggS"


async def test_a_tapped_answer(meta: MetaSimulator, hook: tuple[Hook, str], graph: httpx.AsyncClient) -> None:
    await meta.text(ANN, "hi")
    buttons = [{"type": "reply", "reply": {"id": "sat", "title": "Saturday"}}]
    interactive = {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": buttons}}
    await send(graph, meta, {**text_for(), "type": "interactive", "interactive": interactive})
    await meta.tap(ANN, await meta.sent_to(ANN), 0)
    assert hook[0].values()[-1]["messages"][0]["interactive"]["button_reply"] == {"id": "sat", "title": "Saturday"}


async def test_what_set_up_pages_ask(meta: MetaSimulator, hook: tuple[Hook, str], graph: httpx.AsyncClient) -> None:
    waba, number = meta.identity.waba, meta.identity.phone_number_id
    assert (await graph.get(waba)).json()["id"] == waba
    assert (await graph.get(f"{waba}/phone_numbers")).json()["data"][0]["id"] == number
    assert (await graph.get(number, params={"appsecret_proof": meta.identity.proof})).status_code == 200
    assert (await graph.get(number, params={"appsecret_proof": "0" * 64})).status_code == 400
    assert (await graph.get(f"{waba}/subscribed_apps")).json() == {"data": []}
    await graph.post(f"{waba}/subscribed_apps")
    assert (await graph.get(f"{waba}/subscribed_apps")).json()["data"]
    wrong = {"webhook_configuration": {"override_callback_uri": hook[1], "verify_token": "wrong"}}
    assert (await graph.post(number, json=wrong)).status_code == 400
    right = {"webhook_configuration": {"override_callback_uri": hook[1], "verify_token": meta.identity.verify_token}}
    assert (await graph.post(number, json=right)).status_code == 200
    assert (await graph.get(number)).json()["webhook_configuration"] == {"phone_number": hook[1]}


async def test_mounted_below_another_server() -> None:
    async with (
        MetaSimulator(serve=False) as meta,
        serving(Starlette(routes=[Mount(PATH, routes=meta.routes())])) as place,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        headers = {"Authorization": f"Bearer {meta.identity.access_token}"}
        answer = await client.get(f"http://{place}{PATH}/{meta.identity.phone_number_id}", headers=headers)
        assert answer.json()["verified_name"] == "Simulated business"
        assert (await client.get(f"http://{place}{PATH}/{meta.identity.waba}")).status_code == 401
