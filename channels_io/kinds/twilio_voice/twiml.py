"""What Twilio is told to do with a call, in its own words. Pure: every address is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from channels_io.kinds.twilio_voice.codec import TOKEN
from channels_io.kinds.twilio_voice.sentences import said_language, sentence

VOICEMAIL_SECONDS: Final = 180
CONSENT_SECONDS: Final = 6
PERSON_SECONDS: Final = 10
"""How long a person who was called may think before the question is asked once more."""
CONFERENCE_SECONDS: Final = 4 * 3600


@dataclass(frozen=True, slots=True)
class Stream:
    """A media socket, the single-use token that opens it, and where Twilio goes on when it is closed."""

    url: str
    token: str
    status_url: str
    after_url: str


@dataclass(frozen=True, slots=True)
class Voicemail:
    after_url: str
    ready_url: str


def connect(stream: Stream) -> str:
    response = VoiceResponse()
    _connect(response, stream)
    return str(response)


def ask_consent(answer_url: str, language: str) -> str:
    """Silence counts as no: the second verb is reached without an answer."""
    response = VoiceResponse()
    gather = _gather(response, answer_url, language, CONSENT_SECONDS)
    gather.say(sentence("may_record", language), language=said_language(language))
    response.redirect(answer_url, method="POST")
    return str(response)


def reject() -> str:
    """Never answered, so never charged: the caller hears the busy tone."""
    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def farewell(language: str, texts: Sequence[str]) -> str:
    response = VoiceResponse()
    _say(response, language, texts)
    response.hangup()
    return str(response)


def take_message(voicemail: Voicemail, language: str, texts: Sequence[str]) -> str:
    response = VoiceResponse()
    _say(response, language, [*texts, sentence("leave_message", language)])
    response.record(
        action=voicemail.after_url,
        method="POST",
        max_length=VOICEMAIL_SECONDS,
        finish_on_key="#",
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback=voicemail.ready_url,
        recording_status_callback_event="completed",
    )
    response.hangup()
    return str(response)


def brief(answer_url: str, language: str, briefing: str) -> str:
    """To the person who is called. Asked once; without an answer `answer_url` is told so."""
    response = VoiceResponse()
    gather = _gather(response, answer_url, language, PERSON_SECONDS)
    for text in (sentence("call_for_you", language), briefing, sentence("accept", language)):
        if text:
            gather.say(text, language=said_language(language))
    response.redirect(answer_url, method="POST")
    return str(response)


def join(room: str, after_url: str = "") -> str:
    """Into the room where the caller and the person meet; `after_url` is asked when it is over, else it ends."""
    response = VoiceResponse()
    dial = Dial(action=after_url or None, method="POST" if after_url else None, time_limit=CONFERENCE_SECONDS)
    dial.conference(room, beep=False, start_conference_on_enter=True, end_conference_on_exit=True, max_participants=2)
    response.append(dial)
    if not after_url:
        response.hangup()
    return str(response)


def press(digits: str, stream: Stream) -> str:
    response = VoiceResponse()
    response.play(digits=digits)
    _connect(response, stream)
    return str(response)


def _connect(response: VoiceResponse, stream: Stream) -> None:
    connected = response.connect()
    media = connected.stream(url=stream.url, status_callback=stream.status_url, status_callback_method="POST")
    media.parameter(name=TOKEN, value=stream.token)
    response.redirect(stream.after_url, method="POST")


def _gather(response: VoiceResponse, url: str, language: str, seconds: int) -> Gather:
    gather = Gather(
        input="dtmf speech",
        action=url,
        method="POST",
        num_digits=1,
        timeout=seconds,
        speech_timeout="auto",
        language=said_language(language),
    )
    response.append(gather)
    return gather


def _say(response: VoiceResponse, language: str, texts: Sequence[str]) -> None:
    for text in texts:
        if text:
            response.say(text, language=said_language(language))
