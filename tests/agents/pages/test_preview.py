from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.actions.save_provider import ProviderForm, save_provider
from parley.accounts.models import User, Workspace
from parley.lib.outbound import Request, Response
from tests.agents.conftest import WorkerStub
from tests.support.agents import make_agent
from tests.support.cast import actor_for
from tests.support.providers import make_provider

VOICE = {"voice_engine": "piper", "voice_name": "amy", "voice_speed": 1.25}


@pytest.fixture
def hear(acme: Workspace, bob: User, client_of: Callable[[User], Client]) -> Callable[[Any], Any]:
    client, agent = client_of(bob), make_agent(acme)
    url = reverse("agents:preview", args=[agent.public_id])
    return lambda body: client.post(url, json.dumps(body), content_type="application/json")


def test_the_forms_voice_is_played(hear: Callable[[Any], Any], worker: WorkerStub) -> None:
    response = hear({"text": " Hello\x00 there. ", **VOICE})
    assert (response.status_code, response["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        assert file.readframes(1000) == worker.pcm
    _method, path, _token, body = worker.asked[-1]
    asked = json.loads(body)
    assert path == "/v1/audio/speech"
    assert {name: asked[name] for name in ("input", "model", "voice", "speed")} == {
        "input": "Hello there.",
        "model": "piper",
        "voice": "amy",
        "speed": 1.25,
    }


def test_no_worker(hear: Callable[[Any], Any]) -> None:
    response = hear({"text": "Hello.", **VOICE})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "worker_lost")


def test_a_voice_the_worker_refuses(hear: Callable[[Any], Any], worker: WorkerStub) -> None:
    worker.status = 400
    response = hear({"text": "Hello.", **VOICE})
    assert response.status_code == 503
    assert response.json()["error"] == {"code": "engine_failed", "message": "No such voice."}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": " \x00 ", **VOICE}, "required"),
        ({"text": 3, **VOICE}, "not_json"),
        ([], "not_json"),
        ({"text": "x" * 20_000, **VOICE}, "not_json"),
        ({"text": "Hi.", "voice_speed": 9}, "out_of_range"),
        ({"text": "Hi.", "voice_speed": "fast"}, "not_a_number"),
        ({"text": "Hi.", "voice_name": 3}, "not_text"),
    ],
)
def test_bad_requests(hear: Callable[[Any], Any], worker: WorkerStub, body: Any, code: str) -> None:
    response = hear(body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert worker.asked == []


class ServiceStub:
    """Stands in for the way out."""

    def __init__(self, status: int, body: bytes) -> None:
        self.answer = Response(status=status, headers={}, body=body)
        self.asked: list[Request] = []

    async def send(self, request: Request, caps: object) -> Response:
        self.asked.append(request)
        return self.answer


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"\x01\x02" * 900, ""),
        (401, b'{"error": {"message": "Bad key sk-canary."}}', "Bad key ***."),
        (200, b"RIFF" + bytes(2_000), "raw samples"),
    ],
)
def test_the_voice_of_a_service_is_asked_of_the_service(
    hear: Callable[[Any], Any],
    acme: Workspace,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    reason: str,
) -> None:
    wanted = ProviderForm(
        name="Cloud",
        url="https://api.example.com/v1",
        key="sk-canary",
        speech_model="kokoro",
        voices=("heart",),
        rate=16_000,
    )
    provider = save_provider(actor_for(bob), None, wanted)
    service = ServiceStub(status, body)
    monkeypatch.setattr("agents.provider_speech.outbound_client", lambda: service)
    response = hear({"text": "Hello.", "voice_engine": provider.engine, "voice_name": "heart", "voice_speed": 1.25})
    (asked,) = service.asked
    assert asked.credentials == {"Authorization": "Bearer sk-canary"}
    sent = json.loads(asked.body)
    assert (sent["input"], sent["voice"], sent["speed"]) == ("Hello.", "heart", 1.25)
    if reason:
        assert response.status_code == 503
        message = response.json()["error"]["message"]
        assert reason in message and "sk-canary" not in message
        return
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getframerate(), file.readframes(2_000)) == (16_000, body)


def test_a_service_of_another_workspace_is_none(hear: Callable[[Any], Any], globex: Workspace) -> None:
    theirs = make_provider(globex, name="Theirs", speech_model="kokoro", voices=["heart"])
    response = hear({"text": "Hello.", "voice_engine": theirs.engine, "voice_name": "heart", "voice_speed": 1})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "service_refused")
