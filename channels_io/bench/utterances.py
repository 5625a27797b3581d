"""What the callers of the main set say (`fresh.py` holds the held-out set). `render.py` speaks it once; the WAVs are committed beside.

A `|` in a text marks a pause in the middle of the sentence. `expect` are words of which one must be
in a right answer; they are given only where the demo agents' facts leave no other answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["question", "pause", "barge_in", "back_channel"]


@dataclass(frozen=True, slots=True)
class Utterance:
    id: str
    kind: Kind
    agent: str
    """Slug of the demo agent that is called."""
    text: str
    expect: tuple[str, ...] = ()
    pause_ms: int = 0
    speaker: str = "joe"
    """Who says it: a name that `speakers.py` knows."""
    speech_dbfs: float = -20.0
    noise_dbfs: float | None = None
    """Of the room around the speaker; None: nothing is added."""


_RECEPTION: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What time do you open on Saturday?", ("nine", "9")),
    ("When do you close on Friday?", ("six", "6")),
    ("Are you open on Sunday?", ("closed", "not open", "no")),
    ("What are your opening hours on Monday?", ("eight", "8")),
    ("Can you tell me your address?", ()),
    ("How much is a check-up?", ()),
    ("How much does a cleaning cost?", ()),
    ("Do you take new patients?", ()),
    ("I have a toothache. Can I come in today?", ()),
    ("Is there parking near the practice?", ()),
    ("What time do you close on Saturday?", ("one", "1")),
    ("Do you treat children?", ()),
    ("Can I book an appointment for next week?", ()),
    ("Which days are you closed?", ("sunday",)),
    ("How early do you open on Wednesday?", ("eight", "8")),
    ("Could you tell me all your opening hours for the whole week?", ()),
    ("I would like to cancel my appointment.", ()),
    ("Do you accept credit cards?", ()),
    ("What should I do if my filling falls out?", ()),
    ("How long does a check-up take?", ()),
    ("Is the dentist in on Thursday afternoon?", ()),
    ("Good morning. Who am I speaking to?", ()),
    ("Do I need to bring anything to my first visit?", ()),
    ("Can my son come with me on Saturday morning?", ()),
    ("What is the name of your practice?", ("smile",)),
    ("Are you open on Tuesday at seven in the evening?", ()),
)

_PIZZA: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What pizzas do you have?", ()),
    ("How much is a large margherita?", ()),
    ("Do you deliver to my home?", ()),
    ("How long does delivery take?", ()),
    ("I would like to order a pepperoni pizza.", ()),
    ("Which of your pizzas are vegetarian?", ()),
    ("Can I get extra cheese on that?", ()),
    ("What sizes do you have?", ()),
    ("Do you have gluten free dough?", ()),
    ("Can I pay with a card when it arrives?", ()),
    ("What drinks do you sell?", ()),
    ("Is there a special offer today?", ()),
    ("Tell me about all your pizzas and what they cost.", ()),
    ("Can I pick it up myself?", ()),
)

_PAUSES: tuple[str, ...] = (
    "I would like to know, | what time you open on Saturday.",
    "Can you tell me, | if you are open on Sunday?",
    "My name is Peter, | and I have a question about the prices.",
    "I have an appointment on Thursday, | but I need to move it to Friday.",
    "So, I was wondering, | how much a check-up costs.",
    "My wife and I, | would both like to come in next week.",
    "I broke a tooth yesterday, | and it hurts when I drink something cold.",
    "Do you have anything free on, | let me think, Wednesday morning?",
    "I need to see the dentist, | because my filling fell out.",
    "What would it cost, | if I only need a cleaning?",
    "Could I come in on Monday at, | maybe nine o'clock?",
    "When I called last week, | nobody could tell me your opening hours.",
    "I am calling about my daughter, | who has never been to a dentist.",
    "Is it possible to, | pay by credit card?",
    "My phone number is five five five, | one two three four.",
    "I am looking for the practice, | where exactly are you?",
    "The last time I was there, | you gave me a new toothbrush.",
    "Before I book, | I want to know how long it takes.",
    "If I come on Saturday, | can I bring my two children?",
    "I think it was, | the tooth on the upper left side.",
)

_BARGE_INS: tuple[str, ...] = (
    "Wait, stop. When do you close on Friday?",
    "Sorry, I only wanted to know the price of a check-up.",
    "Hold on. Are you open on Sunday?",
    "Excuse me, can I just book an appointment?",
    "No no, I meant the opening hours on Saturday.",
    "Stop please. What is your address?",
    "Let me interrupt you. How much is a filling?",
    "Okay, but how much does a cleaning cost?",
    "Actually, I have another question.",
    "Sorry, could you say that more slowly?",
    "One moment. Did you say Saturday or Sunday?",
    "Yes I know, but what time do you open?",
    "Hello? I can only come in the evening.",
    "That is enough, thank you. Where can I park?",
    "Just a second. What about Tuesday?",
    "No, that is not what I asked.",
    "Can you stop for a moment, please?",
    "Wait, I want to change my appointment.",
    "Please stop. I need to talk to a person.",
    "Hang on, is that the price for children?",
)

_BACK_CHANNELS: tuple[str, ...] = (
    "Mm-hm.",
    "Uh-huh.",
    "Yeah.",
    "Okay.",
    "Right.",
    "I see.",
    "Mm.",
    "Sure.",
    "Oh, okay.",
    "Yes.",
)


def _all() -> tuple[Utterance, ...]:
    questions = [("reception", *item) for item in _RECEPTION] + [("pizza", *item) for item in _PIZZA]
    items = [
        Utterance(f"q{number:02}", "question", agent, text, expect)
        for number, (agent, text, expect) in enumerate(questions, 1)
    ]
    items += [
        Utterance(f"p{number:02}", "pause", "reception", text, pause_ms=300 + 100 * ((number - 1) % 5))
        for number, text in enumerate(_PAUSES, 1)
    ]
    items += [Utterance(f"b{number:02}", "barge_in", "reception", text) for number, text in enumerate(_BARGE_INS, 1)]
    items += [
        Utterance(f"c{number:02}", "back_channel", "reception", text) for number, text in enumerate(_BACK_CHANNELS, 1)
    ]
    return tuple(items)


UTTERANCES = _all()
