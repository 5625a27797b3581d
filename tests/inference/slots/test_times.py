"""Times of day in words."""

from __future__ import annotations

import pytest

from inference.nodes import Slot
from inference.slots import parse
from tests.support.said import found, moment, value


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("three", "15:00"),
        ("3", "15:00"),
        ("at three", "15:00"),
        ("At three o'clock, please.", "15:00"),
        ("three pm", "15:00"),
        ("3 p.m.", "15:00"),
        ("3 P M", "15:00"),
        ("3pm", "15:00"),
        ("3:00 PM", "15:00"),
        ("3 am", "03:00"),
        ("three in the afternoon", "15:00"),
        ("three in the morning", "03:00"),
        ("half three", "15:30"),
        ("half past three", "15:30"),
        ("next Tuesday at half three", "15:30"),
        ("half past three in the afternoon", "15:30"),
        ("3 30", "15:30"),
        ("three thirty", "15:30"),
        ("three thirty p.m.", "15:30"),
        ("3.30", "15:30"),
        ("3:30", "15:30"),
        ("At 3.30 p.m.", "15:30"),
        ("330 pm", "15:30"),
        ("1530", "15:30"),
        ("15:30", "15:30"),
        ("fifteen thirty", "15:30"),
        ("fifteen hundred hours", "15:00"),
        ("three oh five", "15:05"),
        ("quarter to five", "16:45"),
        ("a quarter to five", "16:45"),
        ("quarter past nine", "09:15"),
        ("quarter of five", "16:45"),
        ("quarter after three", "15:15"),
        ("ten to four", "15:50"),
        ("twenty past two", "14:20"),
        ("twenty-five past ten", "10:25"),
        ("five minutes to eleven", "10:55"),
        ("12 minutes past four", "16:12"),
        ("quarter to twelve", "11:45"),
        ("quarter to one", "12:45"),
        ("half twelve", "12:30"),
        ("twelve", "12:00"),
        ("noon", "12:00"),
        ("at midday", "12:00"),
        ("12 noon", "12:00"),
        ("midnight", "00:00"),
        ("12:30 am", "00:30"),
        ("12 pm", "12:00"),
        ("nine", "09:00"),
        ("nine a.m.", "09:00"),
        ("nine in the evening", "21:00"),
        ("eight at night", "20:00"),
        ("8 o'clock", "08:00"),
        ("09:00", "09:00"),
        ("07:30", "07:30"),
        ("eleven", "11:00"),
        ("tomorrow morning at nine", "09:00"),
        ("nine tomorrow morning", "09:00"),
        ("tomorrow afternoon at four", "16:00"),
        ("seven in the morning", "07:00"),
        ("tonight at eight", "20:00"),
        ("dinner at eight", "20:00"),
        ("this evening, at half seven", "19:30"),
        ("Good morning, at three please.", "15:00"),
        ("let's say ten", "10:00"),
        ("ten would be great", "10:00"),
        ("Ten works.", "10:00"),
        ("maybe around two", "14:00"),
        ("three-ish", "15:00"),
        ("about half past ten", "10:30"),
        ("Tuesday the 24th at 3", "15:00"),
        ("November 24th at ten", "10:00"),
        ("on the third at four", "16:00"),
        ("at 3 for two people", "15:00"),
        ("a table for four at seven thirty", "19:30"),
        ("in half an hour", "11:00"),
        ("in an hour", "11:30"),
        ("in 20 minutes", "10:50"),
        ("5 to 6", "17:55"),
        ("the 3:30 one", "15:30"),
        ("seven thirty", "19:30"),
        ("8:15", "08:15"),
    ],
)
def test_a_time(text: str, time: str) -> None:
    assert value("time", text) == time


@pytest.mark.parametrize(
    "text",
    [
        "", "Tuesday", "the 24th of November", "I don't know", "for two people", "the later one", "this one",
        "What time do you close?", "75", "25:00", "Peter", "four people", "in two weeks", "the third",
    ],
)  # fmt: skip
def test_no_time(text: str) -> None:
    assert value("time", text) is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("in the morning", "09:00"),
        ("tomorrow morning", "09:00"),
        ("the afternoon", "14:00"),
        ("in the evening please", "18:00"),
        ("around lunchtime", "12:30"),
        ("first thing", "09:00"),
        ("between three and four", "15:00"),
        ("from 2 to 4", "14:00"),
        ("three or four", "15:00"),
        ("after five", "17:00"),
        ("seven", "19:00"),
    ],
)
def test_a_guess_is_told_as_one(text: str, time: str) -> None:
    parsed = found(Slot("time", "time"), text)
    assert parsed is not None
    assert (parsed.value, parsed.sure) == (time, False)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Three. No, four.", "16:00"),
        ("at three, sorry, half past three", "15:30"),
        ("not three, four", "16:00"),
        ("three, actually make that ten", "10:00"),
        ("No, half past four.", "16:30"),
    ],
)
def test_of_two_times_the_one_that_stands(text: str, time: str) -> None:
    assert value("time", text) == time


@pytest.mark.parametrize(
    ("slot", "text", "time"),
    [
        (Slot("time", "time", minimum=17, maximum=23), "at eight", "20:00"),
        (Slot("time", "time", minimum=17, maximum=23), "half nine", "21:30"),
        (Slot("time", "time", minimum=7, maximum=12), "seven", "07:00"),
        (Slot("time", "time", minimum=9, maximum=17), "nine", "09:00"),
        (Slot("time", "time", ask="What time shall we expect you for dinner?"), "at nine", "21:00"),
        (Slot("wake_up", "time", ask="When in the morning shall we call?"), "seven", "07:00"),
        (Slot("time", "time", ask="In the morning or in the afternoon?"), "two", "14:00"),
    ],
)
def test_the_slot_says_which_half_of_the_day(slot: Slot, text: str, time: str) -> None:
    parsed = parse(slot, text, moment())
    assert parsed is not None
    assert parsed.value == time


@pytest.mark.parametrize(
    "text", ["three", "3 40", "in the morning", "after five", "at 3 Elm Street", "in an hour", "1530"]
)
def test_not_unmistakable(text: str) -> None:
    assert value("time", text, asked=False) is None


@pytest.mark.parametrize(
    "text", ["at three", "half past three", "3 pm", "15:30", "noon", "quarter to five", "half three"]
)
def test_unmistakable(text: str) -> None:
    assert value("time", text, asked=False) is not None


@pytest.mark.parametrize(
    ("language", "text", "time"),
    [("de", "um 15 Uhr", "15:00"), ("de", "halb drei", "14:30"), ("de", "um neun Uhr", "09:00"),
     ("fr", "à 15 heures", "15:00"), ("nl", "half vier", "15:30"), ("es", "mediodía", "12:00")],
)  # fmt: skip
def test_other_languages(language: str, text: str, time: str) -> None:
    assert value("time", text, language) == time
