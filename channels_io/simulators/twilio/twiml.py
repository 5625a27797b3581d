"""TwiML as a tree of verbs, checked against what Twilio knows. Pure.

Names are case-sensitive. What is unknown is left out of the tree or kept and named in `warnings`, as Twilio's debugger
does with 12200; what is no XML at all raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

MOST_BYTES = 64 * 1024
_HOOK = "action method"
_RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim recordingTrack"
_CALLBACK = "statusCallback statusCallbackMethod"
_EVENTS = f"{_CALLBACK} statusCallbackEvent"
_MACHINE = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
    "machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod"
)
ATTRIBUTES: Final[Mapping[str, str]] = {
    "Response": "",
    "Say": "voice loop language",
    "Play": "loop digits",
    "Pause": "length",
    "Gather": f"{_HOOK} input timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits language hints bargeIn "
    "debug actionOnEmptyResult speechModel enhanced partialResultCallback partialResultCallbackMethod",
    "Record": f"{_HOOK} {_RECORDING} timeout finishOnKey maxLength playBeep transcribe transcribeCallback",
    "Dial": f"{_HOOK} {_RECORDING} timeout hangupOnStar timeLimit callerId record answerOnBridge ringTone sequential referUrl "
    "referMethod events",
    "Number": f"{_EVENTS} {_MACHINE} url method sendDigits byoc",
    "Client": f"{_EVENTS} url method",
    "Sip": f"{_EVENTS} {_MACHINE} url method username password",
    "Conference": f"{_EVENTS} {_RECORDING} muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod "
    "maxParticipants record region coach eventCallbackUrl jitterBufferSize participantLabel",
    "Queue": "url method reservationSid postWorkActivitySid",
    "Enqueue": f"{_HOOK} maxQueueSize waitUrl waitUrlMethod workflowSid",
    "Leave": "",
    "Redirect": "method",
    "Reject": "reason",
    "Hangup": "",
    "Connect": _HOOK,
    "Stream": f"name url track connectorName {_CALLBACK} audioFormat sampleRate",
    "Parameter": "name value",
    "Message": f"{_HOOK} to from {_CALLBACK}",
    "Body": "",
    "Media": "",
}
CHILDREN: Final[Mapping[str, str]] = {
    "Response": "Say Play Pause Gather Record Dial Enqueue Leave Redirect Reject Hangup Connect Message",
    "Gather": "Say Play Pause",
    "Dial": "Number Client Sip Conference Queue",
    "Connect": "Stream",
    "Stream": "Parameter",
    "Message": "Body Media",
}
"""<Say> may hold SSML besides; its words are kept and its marks are not."""
TRUE = frozenset({"true", "1"})


class TwimlError(ValueError):
    """No document that Twilio would run. `code`: 12100 for no XML, 12300 for another content type."""

    def __init__(self, message: str, code: int = 12100) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple[Verb, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.attributes.get(name)
        return default if value is None else value.lower() in TRUE

    def number(self, name: str, default: float) -> float:
        """Of an attribute that is no number: the default."""
        try:
            return float(self.attributes[name])
        except (KeyError, ValueError):
            return default

    def child(self, name: str) -> Verb | None:
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True, slots=True)
class Document:
    verbs: tuple[Verb, ...] = ()
    warnings: tuple[str, ...] = ()


def parse(text: str) -> Document:
    """Raises TwimlError."""
    if len(text.encode()) > MOST_BYTES:
        raise TwimlError("A document may have at most 64 KB.", 12100)
    builder = _Builder()
    try:
        builder.feed(text)
    except expat.ExpatError as error:
        raise TwimlError(f"This is no XML: {error}.") from error
    root = builder.root
    if root is None or root.name != "Response":
        raise TwimlError("The outermost element must be <Response>.")
    warnings: list[str] = []
    return Document(_checked(root, warnings).children, tuple(warnings))


@dataclass(slots=True)
class _Open:
    name: str
    attributes: dict[str, str]
    children: list[Verb] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Builder:
    """Expat with nothing that reaches beyond the text: no document type, so no entities of its own."""

    def __init__(self) -> None:
        self.root: Verb | None = None
        self._open: list[_Open] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, text: str) -> None:
        self._parser.Parse(text.strip().encode(), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(_Open(name, attributes))

    def _words(self, words: str) -> None:
        if self._open:
            self._open[-1].text.append(words)

    def _end(self, _name: str) -> None:
        done = self._open.pop()
        verb = Verb(done.name, done.attributes, "".join(done.text).strip(), tuple(done.children))
        if self._open:
            self._open[-1].children.append(verb)
            if self._open[-1].name == "Say":
                self._open[-1].text.append(verb.text)
        else:
            self.root = verb

    def _doctype(self, *_: object) -> None:
        raise TwimlError("A document type is not taken.")


def _checked(verb: Verb, warnings: list[str]) -> Verb:
    known = ATTRIBUTES[verb.name].split()
    for name in verb.attributes:
        if name not in known:
            warnings.append(f"<{verb.name}> has no attribute {name!r}.")
    kept = []
    for child in verb.children:
        if child.name in CHILDREN.get(verb.name, "").split():
            kept.append(_checked(child, warnings))
        elif verb.name != "Say":
            warnings.append(f"<{verb.name}> holds no <{child.name}>.")
    return Verb(verb.name, verb.attributes, verb.text, tuple(kept))
