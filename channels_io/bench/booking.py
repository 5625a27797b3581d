"""What callers say to the demo agent with a drawn flow, in the order of its calls: five sentences each.

It is the dental template. Most sentences answer a question that the flow asks, and cost no model time; at its
reception and after it the model decides where to go. `render.py` speaks them once.
"""

from __future__ import annotations

from channels_io.bench.utterances import Utterance

SPEAKERS = ("rms", "slt")
AGENT = "booking"

CALLS: tuple[tuple[str, ...], ...] = (
    ("I would like to book an appointment.", "A cleaning, please.", "Next Tuesday.", "At half past three.", "My name is Peter Hill."),
    ("Hello, I need an appointment.", "It is for a check-up.", "On Friday.", "At ten in the morning.", "Susan Baker."),
    ("Could I come in some day next week?", "I think I need a filling.", "On Wednesday, please.", "Two in the afternoon.", "No, on Thursday."),
    ("What does a cleaning cost?", "Are you open on Saturday?", "Do you treat children?", "Where can I park?", "How long does a check-up take?"),
    ("Is it true that parking is free?", "Are you closed on Sundays?", "Do I have to bring anything?", "How much is whitening?", "Then book me in, please."),
)  # fmt: skip


def _all() -> tuple[Utterance, ...]:
    return tuple(
        Utterance(f"w{speaker}{call}{place}", "question", AGENT, text, speaker=name)
        for speaker, name in enumerate(SPEAKERS, 1)
        for call, texts in enumerate(CALLS, 1)
        for place, text in enumerate(texts, 1)
    )


BOOKING = _all()
