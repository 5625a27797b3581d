from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agents.models import ClonedVoice
from agents.voice_consent import CURRENT, WORDINGS
from parley.accounts.models import AuditEvent, User, Workspace
from tests.agents.conftest import ENGINES, WorkerStub
from tests.support.agents import make_agent
from tests.support.voices import make_voice, talk, wav

CLONING = [
    *ENGINES,
    {"kind": "coqui", "role": "synthesizer", "model": "xtts", "languages": ["en"], "voices": ["ana"], "clones": True},
]
SignedIn = Callable[[User], Client]


def form(**values: Any) -> dict[str, Any]:
    recording = SimpleUploadedFile("ann.wav", wav(talk(5)), content_type="audio/wav")
    whole = {
        "recording": recording,
        "name": "Ann",
        "speaker": "Ann Other",
        "language": "en",
        "licence": "cpml",
        "consent": "on",
        "wording": CURRENT,
    }
    return {name: value for name, value in (whole | values).items() if value is not None}


def page(client: Client, name: str, *args: str) -> str:
    response = client.get(reverse(f"agents:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_voice(acme: Workspace, bob: User, client_of: SignedIn) -> None:
    client = client_of(bob)
    assert "No cloned voices yet" in page(client, "voices")
    shown = page(client, "voice-new")
    assert WORDINGS[CURRENT] in shown
    assert "no commercial use" in shown
    response = client.post(reverse("agents:voice-new"), form())
    voice = ClonedVoice.objects.get(workspace=acme)
    assert response["Location"] == reverse("agents:voice", args=[voice.public_id])
    detail = page(client, "voice", voice.public_id)
    assert "Ann Other" in detail
    assert WORDINGS[CURRENT] in detail
    assert "Confirmed by Bob" in detail
    assert "No agent uses it" in page(client, "voices")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"consent": None}, "This field is required"),
        ({"wording": 99}, "Without that person"),
        ({"licence": None}, "This field is required"),
        ({"recording": None}, "This field is required"),
        ({"name": " "}, "This field is required"),
        ({"recording": SimpleUploadedFile("a.wav", wav(talk(1)))}, "shorter than 3 seconds"),
        ({"recording": SimpleUploadedFile("a.wav", b"")}, "No sound could be read"),
    ],
)
def test_what_is_missing_is_said(
    acme: Workspace, bob: User, client_of: SignedIn, values: dict[str, Any], said: str
) -> None:
    response = client_of(bob).post(reverse("agents:voice-new"), form(**values))
    assert response.status_code == 400
    assert said in response.content.decode()
    assert not ClonedVoice.objects.exists()


def test_a_voice_is_heard_from_a_worker_that_clones(
    acme: Workspace, bob: User, client_of: SignedIn, worker: WorkerStub
) -> None:
    voice, client = make_voice(acme), client_of(bob)
    url = reverse("agents:voice-hear", args=[voice.public_id])
    refused = client.post(url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "nobody_clones")
    worker.engines = CLONING
    cache.clear()
    answer = client.post(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/wav")
    taught, spoke = worker.asked[-2:]
    assert taught[:2] == ("POST", "/v1/audio/voices?model=coqui")
    assert taught[3] == bytes(voice.sample)
    body = json.loads(spoke[3])
    assert (body["model"], body["voice"], body["language"]) == ("coqui", voice.voice, "en")


def test_hear_it_in_an_agents_form_takes_the_sample_along(
    acme: Workspace, globex: Workspace, bob: User, client_of: SignedIn, worker: WorkerStub
) -> None:
    voice, theirs = make_voice(acme), make_voice(globex, seed=2)
    url = reverse("agents:preview", args=[make_agent(acme).public_id])
    asked = {"text": "Hello.", "voice_engine": "coqui", "voice_name": voice.voice, "voice_speed": 1}
    client = client_of(bob)
    assert client.post(url, json.dumps(asked), content_type="application/json").status_code == 200
    assert [path for _method, path, _token, _body in worker.asked] == [
        "/v1/audio/voices?model=coqui",
        "/v1/audio/speech",
    ]
    asked["voice_name"] = theirs.voice
    refused = client.post(url, json.dumps(asked), content_type="application/json")
    assert refused.json()["error"]["code"] == "voice_gone"
    assert len(worker.asked) == 2


def test_the_sample_is_heard_by_whoever_may_listen_and_each_time_is_noted(
    acme: Workspace, oscar: User, vera: User, client_of: SignedIn
) -> None:
    voice = make_voice(acme)
    url = reverse("agents:voice-sample", args=[voice.public_id])
    answer = client_of(oscar).get(url)
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getframerate() == 24_000
    assert AuditEvent.objects.get(verb="voice.sample_heard").data == {"name": "Ann"}
    assert client_of(vera).get(url).status_code == 403


def test_others_see_and_change_nothing(acme: Workspace, oscar: User, client_of: SignedIn) -> None:
    voice, client = make_voice(acme), client_of(oscar)
    assert "New voice" not in page(client, "voices")
    detail = page(client, "voice", voice.public_id)
    assert "Delete this voice" not in detail
    assert "data-hear-voice" not in detail
    assert client.get(reverse("agents:voice-new")).status_code == 403
    for name in ("voice-rename", "voice-delete", "voice-hear"):
        assert client.post(reverse(f"agents:{name}", args=[voice.public_id]), {"name": "x"}).status_code == 403


def test_who_uses_it_is_told_before_it_goes(acme: Workspace, bob: User, client_of: SignedIn) -> None:
    voice, client = make_voice(acme), client_of(bob)
    make_agent(acme, name="Night desk", voice_engine="coqui", voice_name=voice.voice)
    detail = page(client, "voice", voice.public_id)
    assert "These agents use it, in their draft or live: Night desk." in detail
    assert "Night desk" in page(client, "voices")
    response = client.post(reverse("agents:voice-delete", args=[voice.public_id]), follow=True)
    assert "Another voice speaks for Night desk now" in response.content.decode()
    assert not ClonedVoice.objects.exists()


def test_another_name(acme: Workspace, bob: User, client_of: SignedIn) -> None:
    voice, client = make_voice(acme), client_of(bob)
    make_voice(acme, name="Ben", seed=2)
    url = reverse("agents:voice-rename", args=[voice.public_id])
    assert "It is called “Annie”" in client.post(url, {"name": "Annie"}, follow=True).content.decode()
    assert "by this name already" in client.post(url, {"name": "Ben"}, follow=True).content.decode()
    voice.refresh_from_db()
    assert voice.name == "Annie"
