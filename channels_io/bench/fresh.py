"""What the callers of the held-out set say, who says it, and in what room.

Nobody tunes on these: the waits of turn-taking were chosen while looking at the main set. Other
sentences, other speakers, softer voices and rooms that are not silent. `render.py` speaks them once.
"""

from __future__ import annotations

from channels_io.bench.utterances import Kind, Utterance

SPEAKERS = ("kumo", "alpha", "rms", "nezumi", "joe-high", "slt")
"""In turn; `speakers.py` knows them. None of them is an agent's voice or the main set's."""
ROOMS = ((-20.0, -60.0), (-25.0, -54.0), (-22.0, -52.0), (-29.0, -56.0), (-20.0, -54.0))
"""(level of the speech, level of the room's noise) in dBFS, in turn."""

_QUESTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("reception", "At what time do you close on Monday?", ("six", "6")),
    ("reception", "Is the practice open on Sundays?", ("closed", "not open", "no")),
    ("reception", "What do you charge for a filling?", ("120", "hundred")),
    ("reception", "What does whitening cost?", ("250", "two hundred")),
    ("reception", "Where can I find you?", ("garden",)),
    ("reception", "Do I have to pay for parking?", ("free", "no")),
    ("reception", "Who are your dentists?", ("patel", "novak")),
    ("reception", "Until when can I cancel for free?", ("24", "twenty")),
    ("reception", "My gums are bleeding badly.", ()),
    ("reception", "Is Saturday at noon all right?", ()),
    ("reception", "I need a new appointment.", ()),
    ("reception", "Hi, is this Smile Dental?", ("yes", "smile", "mia")),
    ("reception", "Do you open before nine on Saturday?", ()),
    ("reception", "Can somebody call me back?", ()),
    ("pizza", "How much is the Four Cheese?", ("12", "twelve", "15", "fifteen")),
    ("pizza", "Where is your shop?", ("harbor",)),
    ("pizza", "How much do you charge for delivery?", ("3", "three")),
    ("pizza", "One large Veggie, please.", ()),
    ("pizza", "Do you sell lemonade?", ("yes", "lemonade", "2", "two")),
    ("pizza", "When do you close tonight?", ()),
)

_PAUSES: tuple[str, ...] = (
    "What I need is, | a check-up for my mother.",
    "Do you know whether, | Doctor Patel is in today?",
    "My crown came off, | while I was eating lunch.",
    "We moved here in March, | and we need a dentist.",
    "Is there any chance, | that I can come this evening?",
    "I was told that, | the first visit is free.",
    "Could you put me down for, | Tuesday at four?",
    "My email is anna, | at garden dot com.",
    "After the cleaning, | my teeth were sensitive.",
    "The number is seven three, | nine nine two.",
    "If it rains, | we will be a little late.",
    "It does not hurt, | unless I bite on something.",
)

_BARGE_INS: tuple[str, ...] = (
    "Hey, what about Wednesday?",
    "Sorry, where was that again?",
    "Wait a moment, please.",
    "No, I said whitening.",
    "Hold it, I have a question.",
    "Thanks, but I need the address.",
    "Listen, it is an emergency.",
    "Never mind. Is it far from the station?",
    "Let me say something.",
    "Can I speak to Doctor Novak?",
)

_BACK_CHANNELS: tuple[str, ...] = ("Mhm.", "Yep.", "Ah, okay.", "Got it.", "Oh, I see.", "All right.")

_RECAST = {
    "fq10": "kumo", "fp04": "joe-high", "fq12": "joe-high", "fq13": "rms", "fq18": "alpha", "fp10": "joe-high", "fb06": "joe-high",
}  # fmt: skip
"""Clips whose own speaker nobody would understand."""
_PAUSE_MS = (400, 500, 600, 700, 800)


def _all() -> tuple[Utterance, ...]:
    items: list[tuple[str, Kind, str, str, tuple[str, ...], int]] = [
        (f"fq{number:02}", "question", agent, text, expect, 0)
        for number, (agent, text, expect) in enumerate(_QUESTIONS, 1)
    ]
    items += [
        (f"fp{number:02}", "pause", "reception", text, (), _PAUSE_MS[(number - 1) % len(_PAUSE_MS)])
        for number, text in enumerate(_PAUSES, 1)
    ]
    items += [(f"fb{number:02}", "barge_in", "reception", text, (), 0) for number, text in enumerate(_BARGE_INS, 1)]
    items += [
        (f"fc{number:02}", "back_channel", "reception", text, (), 0) for number, text in enumerate(_BACK_CHANNELS, 1)
    ]
    # Six speakers and five rooms: every speaker comes to sit in every room.
    return tuple(
        Utterance(*item, _RECAST.get(item[0], SPEAKERS[index % len(SPEAKERS)]), *ROOMS[index % len(ROOMS)])
        for index, item in enumerate(items)
    )


FRESH = _all()
