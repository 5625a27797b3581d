"""Yes, no, "I don't know" and "no, I meant"."""

from __future__ import annotations

import pytest

from inference.slots import declines, is_correction, yes_no


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Yes.", "yeah", "Yep!", "Yes, please.", "yes that's right", "That's right.", "That is correct",
        "correct",
        "sure", "Of course.", "go ahead", "sounds good", "okay", "right", "Mm-hm", "uh-huh", "absolutely", "I do",
        "it is", "that works", "That works for me", "yes, that's fine", "perfect", "Oh yes", "Um, yes", "why not",
        "no problem", "I think so", "You got it.", "spot on", "Yes, next Tuesday", "please do", "No, yes", "yes it is",
        "That's good, thank you", "Well, yes", "exactly", "That would be great",
        "No, that's right.", "not a problem", "I'd say so", "go for it", "looks right to me", "No wait, yes",
        "no worries", "lovely", "Great, thanks", "I'd love to", "Definitely.",
    ],
)  # fmt: skip
def test_yes(text: str) -> None:
    assert yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no", "No.", "nope", "no thanks", "No, thank you.", "not really", "I don't think so", "that's wrong",
        "That's not right",
        "That's incorrect.", "it isn't", "No, it's Tuesday", "absolutely not", "of course not", "Nah",
        "no, that's all", "not yet",
        "I'd rather not", "please don't", "yeah no", "Yes, no, wait", "wrong", "No, that's not what I said", "never",
        "I don't", "uh-uh", "no way", "not today", "No, that's everything", "nothing else", "I don't want that",
        "Um, no.",
        "The time is wrong.", "I'm good, thanks", "that was all", "not correct", "No, Tuesday.", "that will be all",
    ],
)  # fmt: skip
def test_no(text: str) -> None:
    assert yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "", "Tuesday", "maybe", "perhaps", "I'm not sure", "I don't know", "What do you mean?", "Peter Hill",
        "at three",
        "right after lunch I usually go there", "how much is it", "I have a dog", "yesterday", "north",
        "knowledge", "...",
        "good morning to all of you there", "it depends", "could be", "is that right?", "yes and no",
        "I don't mind", "okay so I need a filling",
        "Right, so what about the price",
    ],
)  # fmt: skip
def test_neither(text: str) -> None:
    assert yes_no(text) is None


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [("de", "Ja, gerne.", True), ("de", "Nein danke", False), ("fr", "oui", True), ("fr", "Non.", False),
     ("es", "Sí, claro", True), ("it", "va bene", True), ("nl", "nee", False), ("pt", "não", False), ("de",
     "Dienstag", None)],
)  # fmt: skip
def test_yes_and_no_elsewhere(language: str, text: str, answer: bool | None) -> None:
    assert yes_no(text, language) is answer


@pytest.mark.parametrize(
    "text",
    [
        "I don't know", "I don't know.", "I don't know that right now", "no idea", "I have no idea", "not sure",
        "I'm not sure",
        "skip that", "Skip.", "let's skip that one", "can we skip this question", "pass", "I'd rather not say",
        "I'd prefer not to",
        "I don't have one", "I don't have it with me", "I haven't got one", "no preference", "it doesn't matter",
        "I don't mind",
        "I can't remember", "I forgot", "none", "prefer not to say", "Um, I don't know",
        "Sorry, I don't remember", "nothing",
        "I don't want to say", "whatever", "I don't use email", "dunno", "I can't say",
        "Well, I really don't know", "I don't have the card with me.", "I left it at home", "we don't have any",
        "no email",
        "can't remember it right now", "weiß ich nicht",
    ],
)  # fmt: skip
def test_declining(text: str) -> None:
    assert declines(text)


@pytest.mark.parametrize(
    "text",
    ["", "Tuesday", "yes", "no", "I don't eat meat", "I don't like fish", "Peter", "what", "I know",
    "not Tuesday", "I have a dog",
     "passport", "the skipper", "No, Tuesday", "I didn't order that", "I don't have a signal", "no allergies",
     "I left it on the bus yesterday"],
)  # fmt: skip
def test_not_declining(text: str) -> None:
    assert not declines(text)


@pytest.mark.parametrize(
    "text",
    [
        "No, Tuesday.", "no, I said Wednesday", "Sorry, I meant Tuesday", "I meant the 25th", "Actually, Friday",
        "make that four",
        "Make it half past three", "wait, not Tuesday", "Tuesday, no, Wednesday", "I mean Friday", "scratch that",
        "No, it's Hill, not Hall", "that's wrong, it's Tuesday", "Not Tuesday, Wednesday",
        "can we change that to Friday",
        "Could we make it Friday instead", "Oh sorry, Wednesday", "Actually can I come on Friday", "Wednesday instead",
        "hang on, the 25th", "Let's make that six people", "change the date to Friday", "I'd rather come on Friday",
        "On second thought, Friday", "Tuesday at three. Sorry, make that four.", "nope, Friday",
        "it should be Friday", "Monday, sorry, Tuesday", "oops, the fifth", "No - Tuesday", "Nein, Dienstag",
        "I want Wednesday, not Tuesday", "The day is wrong",
    ],
)  # fmt: skip
def test_corrections(text: str) -> None:
    assert is_correction(text)


@pytest.mark.parametrize(
    "text",
    ["", "Tuesday", "yes", "no", "No thanks", "No, thank you", "no problem", "Sorry, what?",
    "Sorry, could you repeat that", "Peter Hill",
     "next Tuesday at half three", "no idea", "No, that's all", "Sorry, I didn't get that", "not sure",
     "four people please", "No, that's right", "No, I don't", "not bad", "I'm not sure", "Nope, thank you"],
)  # fmt: skip
def test_no_corrections(text: str) -> None:
    assert not is_correction(text)
