"""Choices in other words: "smashed to bits" for "damaged", "no rush" for "later". English; a small thesaurus, no model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from inference.nodes import Choice, Slot
from inference.slots.parsed import Found

_DENIES = re.compile(
    r"\b(?:not|no|never|without|isn't|aren't|wasn't|don't|doesn't|anything but|except)(?: \w+){0,2} ?$"
)
_THINGS = frozenset({"broken", "does not fit", "wrong item", "whitening", "cleaning", "filling", "no longer want"})
"""Kinds whose words mean nothing else: they count before anybody has asked."""
_KIN: tuple[tuple[str, str], ...] = (
    ("broken, damaged, defective, faulty, does not work, doesn't work",
     "smashed, cracked, shattered, snapped, bust, busted, dented, torn, ripped, leaking, leaks, scratched, chipped, "
     "in pieces, in bits, to bits, falling apart, fell apart, came apart, stopped working, not working, won't turn on, "
     "won't start, won't switch on, doesn't switch on, dead, crushed, bent"),
    ("does not fit, doesn't fit, too small, too big",
     "size, too tight, too large, too loose, too short, too long, too wide, too narrow, tight, loose, pinch, pinches, "
     "wrong size, bigger size, smaller size, size up, size down, don't fit, do not fit, didn't fit"),
    ("wrong item, wrong one, not what i ordered",
     "different item, different product, different colour, different color, wrong colour, wrong color, wrong model, "
     "mixed up, mix-up, someone else's, never ordered, didn't order, didn't ask for, isn't what i, not what i, instead of the"),
    ("no longer want, changed my mind, do not like, don't like, do not want",
     "don't need, do not need, no need for, regret, not as expected, disappointed, don't want, not happy with, "
     "bought two, impulse, had second thoughts, not really me"),
    ("money back, refund", "reimburse, reimbursed, my money, the money, cash back, pay me back, credit my card"),
    ("exchange, replacement, replace, swap",
     "another one, instead, other one, other ones, new one, a different one, send another, right size, right one, bigger pair, smaller pair, bigger one, "
     "smaller one, change it for, same one, one that fits, one that works"),
    ("home, house, private, apartment",
     "flat, cottage, bungalow, villa, semi-detached, detached, terraced, condo, duplex, townhouse, farmhouse, "
     "where i live, where we live, my own roof, our roof, i live in, we live in, live there, my place, our place, own place"),
    ("business, company, firm",
     "bakery, restaurant, café, cafe, hotel, salon, garage, farm, studio, clinic, pharmacy, supermarket, store, barn, "
     "employees, staff, workshop, plant, depot, school, church, practice, gym, bar, pub, i run, we run, premises, customers"),
    ("now, right away, immediately, as soon as possible, urgent",
     "asap, as fast as, as quick as, as quickly as, straight away, straightaway, at once, the sooner, soonest, quickly, this week, next week, this month, "
     "next month, can't wait, cannot wait, without delay, earliest, pronto, yesterday"),
    ("later, this year, next year, within a year, in a few months",
     "no hurry, no rush, not in a hurry, in summer, in the summer, in autumn, in the autumn, in the fall, in winter, "
     "in the winter, in spring, in the spring, after the summer, couple of months, few months, half a year, six months, "
     "end of the year, some time, eventually, by christmas"),
    ("just looking, only information, no plans, not sure",
     "curious, exploring, browsing, ideas, idea, thinking about, undecided, wondering, haven't decided, not decided, "
     "gathering, comparing, looking around, looking into, research, researching, finding out, shopping around, "
     "getting a feel, only asking, just asking"),
    ("morning, before noon, before lunch", "forenoon, before twelve, before work, after breakfast, am, a.m"),
    ("afternoon, after lunch, evening",
     "after work, pm, p.m, after noon, after school, later in the day, end of the day, evening, evenings, tonight"),
    ("whitening, whiter, bleaching", "white, whiten, brighter, brighten, yellow, stained, stains, discoloured, discolored"),
    ("cleaning, hygiene", "cleaned, polish, plaque, tartar, scale and polish, hygienist"),
    ("filling, cavity", "hole, caries, decay, decayed, rotten"),
    ("check-up, checkup, examination", "routine, exam, inspection, checked, looked over, look over, once-over"),
    ("card, credit card", "visa, mastercard, debit"),
    ("cash", "coins, notes"),
    ("inside, indoors", "indoor, in the warm, by the window"),
    ("outside, outdoors, terrace", "patio, garden, in the sun, open air, fresh air"),
    ("pick up, collect", "collection, takeaway, fetch, come and get, to go, take away, pick it up, come by for"),
    ("delivery, deliver", "bring it, drop it off, to my door, delivered, sent to"),
    ("woman, women, female", "lady, ladies"),
    ("man, men, male", "gentleman, gentlemen"),
    ("child, children, kid", "kids, son, daughter, toddler, little one, baby, grandson, granddaughter"),
    ("single, one way", "only there, one-way"),
    ("return, round trip", "there and back, both ways"),
    ("complaint, complain", "unhappy, angry, disappointed, not satisfied"),
    ("sales, buy", "buying, purchase, pricing, quote, interested in"),
    ("billing, invoice, payment", "bill, charged, overcharged, paid twice, owe"),
    ("support, technical", "not working, broken, error, crash, crashes, bug, stopped working, doesn't work, help with"),
)  # fmt: skip
"""What choices are called, and what else callers say for it."""


def find(slot: Slot, text: str) -> Iterator[Found]:
    """Every choice of which the words say the kind; a number of choices of one kind say nothing."""
    lower = text.lower().replace("’", "'")
    for names, said, unmistakable in _patterns():
        owners = [choice for choice in slot.choices if any(names.search(name) for name in _called(choice))]
        if len(owners) != 1:
            continue
        for match in said.finditer(lower):
            if not _DENIES.search(lower[: match.start()]):
                yield Found(owners[0].value, match.start(), match.end(), plain=not unmistakable)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], re.Pattern[str], bool], ...]:
    return tuple(
        (_any_of(names), _any_of(f"{names}, {more}"), names.partition(",")[0] in _THINGS) for names, more in _KIN
    )


def _any_of(phrases: str) -> re.Pattern[str]:
    every = sorted({phrase.strip() for phrase in phrases.split(",")}, key=len, reverse=True)
    return re.compile(r"(?<![\w'])(?:" + "|".join(map(re.escape, every)) + r")(?![\w'])")


@lru_cache(maxsize=512)
def _called(choice: Choice) -> tuple[str, ...]:
    return tuple(name.lower().replace("_", " ") for name in (choice.value, choice.label, *choice.synonyms))
