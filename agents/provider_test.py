"""Trying a service out: one small request for each thing that it is to do, and what came of it in plain words."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from agents.models import Provider
from inference.errors import ParleyError
from parley.lib.outbound import Caps, OutboundClient, Request, Response, outbound_client

CAPS: Final = Caps(seconds=20.0, redirects=0, received=4_000_000)
REASON_CHARS: Final = 300
SENTENCE: Final = "Good morning."


@dataclass(frozen=True, slots=True)
class Tried:
    """`part`: chat, transcriber or voice. `reason` says what was wrong, in the service's own words where it has any."""

    part: str
    ok: bool
    milliseconds: int = 0
    reason: str = ""


async def try_provider(provider: Provider, key: str, outbound: OutboundClient | None = None) -> list[Tried]:
    """Never raises for a service that fails: the reason is in what comes back."""
    client = outbound or outbound_client()
    credentials = {"Authorization": f"Bearer {key}"} if key else {}
    tried = []
    if provider.chat_model:
        body = {"model": provider.chat_model, "messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 16}
        tried.append(await _try(client, "chat", json_request(provider, "/chat/completions", body, credentials), key))
    if provider.transcriber_model:
        tried.append(await _try(client, "transcriber", _form(provider, credentials), key))
    if provider.speech_model:
        voice = provider.voices[0] if provider.voices else ""
        body = {"model": provider.speech_model, "input": SENTENCE, "voice": voice, "response_format": "pcm"}
        tried.append(await _try(client, "voice", json_request(provider, "/audio/speech", body, credentials), key))
    return tried


async def _try(client: OutboundClient, part: str, request: Request, key: str) -> Tried:
    try:
        response = await client.send(request, CAPS)
    except ParleyError as error:
        return Tried(part, ok=False, reason=error.message)
    reason = reason_of(part, response, key)
    return Tried(part, ok=not reason, milliseconds=response.milliseconds, reason=reason)


def reason_of(part: str, response: Response, key: str) -> str:
    """What is wrong with the answer, without the key that a service may repeat; "" when it can be used."""
    reason = _problem(part, response)
    return reason.replace(key, "***") if key else reason


def _problem(part: str, response: Response) -> str:
    if response.status == 200:
        return _unusable(part, response)
    said = _said(response)
    match response.status:
        case 401 | 403:
            told = _("The service refuses the key (status %(status)d).")
        case 404:
            told = _("The service has no such model, or the address is not its own (status %(status)d).")
        case 429:
            told = _("The service is busy, or the quota is used up (status %(status)d).")
        case status if status >= 500:
            told = _("The service failed (status %(status)d).")
        case _:
            told = _("The service refused the request (status %(status)d).")
    return " ".join(part for part in (told % {"status": response.status}, said) if part)


def _unusable(part: str, response: Response) -> str:
    """Why a good answer cannot be used; "" when it can."""
    if part == "voice":
        raw = len(response.body) > 1_000 and response.body[:4] not in (b"RIFF", b"OggS", b"fLaC")
        return "" if raw else _("The service did not send raw samples (pcm), which a live voice needs.")
    try:
        answer = json.loads(response.body)
        if part == "transcriber":
            usable = isinstance(answer["text"], str)
        else:
            usable = isinstance(answer["choices"][0]["message"], dict)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        usable = False
    return "" if usable else _("The service answered, but not in the OpenAI dialect.")


def _said(response: Response) -> str:
    """The service's own words, shortened; "" when there are none."""
    try:
        error = json.loads(response.body)["error"]
        words = error["message"] if isinstance(error, Mapping) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return " ".join(str(words).split())[:REASON_CHARS]


def json_request(provider: Provider, path: str, body: Mapping[str, Any], credentials: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        url=provider.url + path,
        headers={"Content-Type": "application/json"},
        credentials=credentials,
        body=json.dumps(body).encode(),
    )


def _form(provider: Provider, credentials: Mapping[str, str]) -> Request:
    """Half a second of silence as a WAV file: what is understood of it does not matter."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(16_000))
    boundary = "parley-5f0c2a7e9b41"
    fields = {"model": provider.transcriber_model, "response_format": "json"}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="s.wav"\r\n'
    parts += [f"{head}Content-Type: audio/wav\r\n\r\n".encode(), sink.getvalue(), f"\r\n--{boundary}--\r\n".encode()]
    return Request(
        method="POST",
        url=f"{provider.url}/audio/transcriptions",
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        credentials=credentials,
        body=b"".join(parts),
    )
