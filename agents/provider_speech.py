"""A sentence in the voice of a service, asked of it by the web itself: what "hear it" plays."""

from __future__ import annotations

from django.utils.translation import gettext as _

from agents.models import Provider
from agents.provider_test import CAPS, json_request, reason_of
from inference.audio import AudioFrame
from inference.errors import ParleyError
from inference.spec import VoiceSpec
from parley.lib.outbound import OutboundClient, outbound_client


class ServiceRefused(ParleyError):
    """The service did not speak; the message says why, in its own words where it has any."""

    code = "service_refused"


async def speak_with(
    provider: Provider, key: str, text: str, voice: VoiceSpec, outbound: OutboundClient | None = None
) -> AudioFrame:
    """Raises ParleyError with the reason."""
    if not provider.speech_model:
        raise ServiceRefused(_("“%(name)s” has no voice model.") % {"name": provider.name})
    body = {
        "model": provider.speech_model,
        "input": text,
        "voice": voice.name,
        "response_format": "pcm",
        **({"speed": voice.speed} if voice.speed != 1.0 else {}),
    }
    credentials = {"Authorization": f"Bearer {key}"} if key else {}
    client = outbound or outbound_client()
    try:
        response = await client.send(json_request(provider, "/audio/speech", body, credentials), CAPS)
    except ParleyError as error:
        raise ServiceRefused(f"{provider.name}: {error.message}", code=error.code) from error
    if reason := reason_of("voice", response, key):
        raise ServiceRefused(f"{provider.name}: {reason}")
    return AudioFrame(response.body[: len(response.body) & ~1], provider.rate)
