from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from parley.accounts.models import User, Workspace
from tests.agents.conftest import WorkerStub
from tests.support.agents import make_agent

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
