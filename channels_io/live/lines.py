"""The sentences that the web says by itself, when no worker can: text by language, audio by voice.

Audio is asked for once per (voice, sentence, rate), when a leg begins, and kept in this process: it
is at hand when the worker dies. Before it has come, a soft two-tone signal stands in.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from typing import Literal

import numpy as np
from django.conf import settings

from channels_io.live.worker import Workers
from inference.audio import AudioFrame, resample
from inference.errors import ParleyError
from inference.spec import VoiceSpec

logger = logging.getLogger(__name__)

Line = Literal[
    "apology",
    "still_away",
    "resumed",
    "goodbye",
    "busy",
    "busy_next",
    "busy_second",
    "busy_third",
    "busy_still",
    "busy_goodbye",
    "returned",
    "handed_over",
    "handed_back",
    "one_moment",
    "person_ended",
]
LINES: tuple[Line, ...] = (
    "apology",
    "resumed",
    "goodbye",
    "still_away",
    "busy",
    "busy_next",
    "busy_still",
    "busy_goodbye",
    "busy_second",
    "busy_third",
)
"""What every call may need. "returned" is asked for when a call comes back from a person, the last four when somebody of
the team looks on: a person talks from now on, the agent does again, the person is away, the person ends the call."""
CACHE_SIZE = 512

TEXTS: dict[str, dict[Line, str]] = {
    "en": {
        "apology": "Sorry, one moment please.",
        "still_away": "I'm sorry, this is taking longer than it should. Please stay on the line.",
        "resumed": "I'm back. Could you say that again?",
        "goodbye": "We have to end here. Thank you, and goodbye.",
        "busy": "All lines are busy at the moment. Please hold.",
        "busy_next": "You are next.",
        "busy_second": "You are number two in line.",
        "busy_third": "You are number three in line.",
        "busy_still": "Thank you for waiting. You will be connected as soon as a line is free.",
        "busy_goodbye": "All lines are still busy. Please call again a little later. Goodbye.",
        "returned": "I'm with you again. What else can I do for you?",
        "handed_over": "You are now speaking with a colleague of mine.",
        "handed_back": "I'm with you again.",
        "one_moment": "One moment please.",
        "person_ended": "Thank you for calling. Goodbye.",
    },
    "de": {
        "apology": "Entschuldigung, einen Moment bitte.",
        "still_away": "Es tut mir leid, das dauert länger als üblich. Bitte bleiben Sie dran.",
        "resumed": "Ich bin wieder da. Könnten Sie das noch einmal sagen?",
        "goodbye": "Wir müssen hier leider aufhören. Vielen Dank und auf Wiederhören.",
        "busy": "Im Moment sind alle Leitungen belegt. Bitte bleiben Sie dran.",
        "busy_next": "Sie sind als Nächstes an der Reihe.",
        "busy_second": "Sie sind an zweiter Stelle.",
        "busy_third": "Sie sind an dritter Stelle.",
        "busy_still": "Danke für Ihre Geduld. Sie werden verbunden, sobald eine Leitung frei ist.",
        "busy_goodbye": "Es sind noch alle Leitungen belegt. Bitte rufen Sie etwas später wieder an. Auf Wiederhören.",
        "returned": "Ich bin wieder für Sie da. Was kann ich noch für Sie tun?",
        "handed_over": "Sie sprechen jetzt mit einer Kollegin oder einem Kollegen von mir.",
        "handed_back": "Ich bin wieder für Sie da.",
        "one_moment": "Einen Moment bitte.",
        "person_ended": "Vielen Dank für Ihren Anruf. Auf Wiederhören.",
    },
    "es": {
        "apology": "Disculpe, un momento por favor.",
        "still_away": "Lo siento, esto está tardando más de lo normal. No cuelgue, por favor.",
        "resumed": "Ya estoy aquí. ¿Puede repetirlo, por favor?",
        "goodbye": "Tenemos que terminar aquí. Gracias y hasta luego.",
        "busy": "En este momento todas las líneas están ocupadas. No cuelgue, por favor.",
        "busy_next": "Usted es el siguiente.",
        "busy_second": "Usted es el segundo en la fila.",
        "busy_third": "Usted es el tercero en la fila.",
        "busy_still": "Gracias por esperar. Le atenderemos en cuanto haya una línea libre.",
        "busy_goodbye": "Todas las líneas siguen ocupadas. Llame de nuevo un poco más tarde, por favor. Hasta luego.",
        "returned": "Estoy de nuevo con usted. ¿Qué más puedo hacer por usted?",
        "handed_over": "Ahora habla con una persona de nuestro equipo.",
        "handed_back": "Estoy de nuevo con usted.",
        "one_moment": "Un momento, por favor.",
        "person_ended": "Gracias por llamar. Hasta luego.",
    },
    "fr": {
        "apology": "Pardon, un instant s'il vous plaît.",
        "still_away": "Désolé, cela prend plus de temps que prévu. Restez en ligne, s'il vous plaît.",
        "resumed": "Je suis de retour. Pouvez-vous répéter, s'il vous plaît ?",
        "goodbye": "Nous devons nous arrêter ici. Merci et au revoir.",
        "busy": "Toutes les lignes sont occupées pour le moment. Veuillez patienter.",
        "busy_next": "Vous êtes le prochain.",
        "busy_second": "Vous êtes le deuxième en attente.",
        "busy_third": "Vous êtes le troisième en attente.",
        "busy_still": "Merci de patienter. Vous serez mis en relation dès qu'une ligne se libère.",
        "busy_goodbye": "Toutes les lignes sont encore occupées. Veuillez rappeler un peu plus tard. Au revoir.",
        "returned": "Je suis de nouveau avec vous. Que puis-je faire d'autre pour vous ?",
        "handed_over": "Vous parlez maintenant avec l'un de mes collègues.",
        "handed_back": "Je suis de nouveau avec vous.",
        "one_moment": "Un instant, s'il vous plaît.",
        "person_ended": "Merci de votre appel. Au revoir.",
    },
}

_Key = tuple[str, str, float, str, int]


def line_text(line: Line, language: str) -> str:
    """In `language` ("de", "de-AT"), or in English."""
    return TEXTS.get(language.split("-")[0].lower(), TEXTS["en"])[line]


class SpeechCache:
    """Audio of fixed sentences, least recently used out first. One per web process."""

    def __init__(self, size: int = CACHE_SIZE) -> None:
        self._size = size
        self._audio: OrderedDict[_Key, bytes] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[None]] = {}
        self._refused: set[tuple[str, str, str]] = set()
        """Voices that could not speak, and why: said once."""

    async def prepare(
        self, workers: Workers, voice: VoiceSpec, language: str, rate: int, *, workspace: str = ""
    ) -> None:
        """Ask for what is missing, one sentence after the other. A failure leaves the signal in its place."""
        for line in LINES:
            await self._fetch(workers, voice, _key(voice, line_text(line, language), rate), workspace)

    async def at_hand(
        self, workers: Workers, voice: VoiceSpec, text: str, rate: int, *, within: float, workspace: str = ""
    ) -> bool:
        """Whether `text` can be said in this voice, at once or after a moment of asking for it."""
        key = _key(voice, text, rate)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._fetch(workers, voice, key, workspace)
        return key in self._audio

    def audio(self, voice: VoiceSpec, text: str, rate: int) -> bytes:
        """PCM s16le of `text`, or of the signal."""
        key = _key(voice, text, rate)
        pcm = self._audio.get(key)
        if pcm is None:
            return signal(rate)
        self._audio.move_to_end(key)
        return pcm

    async def _fetch(self, workers: Workers, voice: VoiceSpec, key: _Key, workspace: str) -> None:
        if key in self._audio:
            return
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._ask(workers, voice, key, workspace))
            self._asking[key] = asking
        await asyncio.shield(asking)

    async def _ask(self, workers: Workers, voice: VoiceSpec, key: _Key, workspace: str) -> None:
        *_, text, rate = key
        try:
            frame = await workers.synthesize(text, voice, rate, workspace)
        except ParleyError as error:
            self._note(voice, error.code)
            return
        finally:
            self._asking.pop(key, None)
        self._audio[key] = AudioFrame.from_samples(resample(frame.samples, frame.rate, rate), rate).pcm
        while len(self._audio) > self._size:
            self._audio.popitem(last=False)

    def _note(self, voice: VoiceSpec, code: str) -> None:
        refused = (voice.engine, voice.name, code)
        if refused in self._refused or settings.PARLEY_PROFILE == "fake":  # Fake engines have no voices by name.
            return
        self._refused.add(refused)
        logger.warning(
            "No fixed sentence can be spoken ahead of time as %s of %s (%s): callers hear a signal in its place.",
            voice.name,
            voice.engine,
            code,
        )


def signal(rate: int) -> bytes:
    """Two soft tones, 0.4 s: "something happened, hold on"."""
    time = np.arange(int(rate * 0.2)) / rate
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.02)
    tones = [np.sin(2 * np.pi * pitch * time) * fade * 0.12 for pitch in (523.25, 440.0)]
    return AudioFrame.from_float(np.concatenate(tones), rate).pcm


def _key(voice: VoiceSpec, text: str, rate: int) -> _Key:
    return (voice.engine, voice.name, voice.speed, text, rate)
