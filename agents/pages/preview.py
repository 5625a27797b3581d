"""Hear it: a sentence in the voice that the form shows, of a worker or of a service, as a WAV."""

from __future__ import annotations

import asyncio
import json

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.actions.save_provider import key_of
from agents.fields import Refused
from agents.models import Agent, Provider
from agents.provider_speech import ServiceRefused, speak_with
from agents.schema import VOICE_ENGINE, VOICE_NAME, VOICE_SPEED
from agents.text import clean_text
from agents.voices import sample_for
from inference.audio import AudioFrame
from inference.client import synthesize
from inference.cloning import VoiceSample, is_clone
from inference.errors import EngineError, ParleyError, WorkerLost
from inference.lending import is_lent, lent_id
from inference.spec import VoiceSpec
from parley.accounts.models import Workspace
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.sound import wav_bytes
from parley.lib.workers.store import known_urls

MAX_TEXT = 300
WAIT_SECONDS = 15
RATE = 24_000


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def voice_preview(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """POST {"text", "voice_engine", "voice_name", "voice_speed"} → audio/wav, or a code and a message."""
    agent = get_or_404(Agent.objects.select_related("draft"), request.actor.workspace, public_id)
    try:
        text, voice = _read(request.body, agent.draft.language)
    except Refused as refused:
        return _error(refused.code, refused.message, 400)
    try:
        frame = _speech(request.actor.workspace, text, voice)
    except ParleyError as error:
        return _error(error.code, error.message, 503)
    return HttpResponse(wav_bytes(frame), content_type="audio/wav")


def _error(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)


def _read(body: bytes, language: str) -> tuple[str, VoiceSpec]:
    try:
        data = json.loads(body) if len(body) < 10_000 else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise Refused("not_json", _("This request is damaged. Reload the page and try again."))
    text = " ".join(clean_text(data["text"])[0].split())[:MAX_TEXT]
    if not text:
        raise Refused("required", _("Write something first."))
    speed = VOICE_SPEED.store(data.get("voice_speed", 1.0)).value
    for _code, message in VOICE_SPEED.check(speed):
        raise Refused("out_of_range", message)
    engine = VOICE_ENGINE.store(data.get("voice_engine", "")).value
    name = VOICE_NAME.store(data.get("voice_name", "")).value
    return text, VoiceSpec(engine=engine, name=name, speed=float(speed), language=language)


def _speech(workspace: Workspace, text: str, voice: VoiceSpec) -> AudioFrame:
    """By the service whose voice it is, or by a worker. Raises ParleyError."""
    if not is_lent(voice.engine):
        return hear(workspace, text, voice)
    provider = Provider.objects.of(workspace).filter(public_id=lent_id(voice.engine)).first()
    if provider is None:
        raise ServiceRefused(_("There is no such service any more. Choose another voice."))
    return async_to_sync(speak_with)(provider, key_of(provider), text, voice)


def hear(workspace: Workspace, text: str, voice: VoiceSpec) -> AudioFrame:
    """`text` by a worker, in a voice of its own or in a cloned one of the workspace. Raises ParleyError."""
    sample = sample_for(workspace.public_id, voice.name)
    if is_clone(voice.name) and sample is None:
        raise EngineError(_("The voice that is chosen here was deleted. Choose another."), code="voice_gone")
    return async_to_sync(_speak)(text, voice, sample)


async def _speak(text: str, voice: VoiceSpec, sample: VoiceSample | None) -> AudioFrame:
    """From the first worker that can. Raises the last worker's error."""
    failure: ParleyError = WorkerLost(_("No worker answers, so nothing can be played. Start one with make run."))
    for url in await asyncio.to_thread(known_urls):
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await synthesize(url, settings.PARLEY_WORKER_TOKEN, text, voice, RATE, sample=sample)
        except ParleyError as error:
            failure = error
        except (OSError, TimeoutError):
            continue
    raise failure
