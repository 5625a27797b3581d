"""What the caller of `manage.py simulate booking` says. Spoken once by `render.py`, in Piper's "joe" like the main set."""

from __future__ import annotations

from channels_io.bench.utterances import Utterance

AGENT = "simulated-clinic"
_TEXTS = {
    "s1": "I would like to book an appointment.",
    "s2": "A cleaning, please.",
    "s3": "Next Tuesday.",
    "s4": "At half past three in the afternoon.",
    "s5": "My name is Peter Hill.",
    "s6": "That is right.",
    "s7": "I would like to speak to a person, please.",
}
STORY = tuple(Utterance(name, "question", AGENT, text) for name, text in _TEXTS.items())
