"""Phone numbers, e-mail and postal addresses."""

from __future__ import annotations

import pytest

from inference.nodes import Slot
from inference.slots import parse
from tests.support.said import found, moment, value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("020 7946 0018", "+442079460018"),
        ("My number is 020 7946 0018.", "+442079460018"),
        ("oh two oh seven nine four six double oh one eight", "+442079460018"),
        ("zero two zero, seven nine four six, zero zero one eight", "+442079460018"),
        ("0-2-0-7-9-4-6-0-0-1-8", "+442079460018"),
        ("It's 07700 900 123", "+447700900123"),
        ("oh seven seven hundred nine hundred one two three", "+447700900123"),
        ("oh double seven double oh, nine double oh, one two three", "+447700900123"),
        ("plus four four seven seven double oh nine double oh one two three", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("44 7700 900123", "+447700900123"),
        ("(020) 7946-0018", "+442079460018"),
        ("+1 415 555 2671", "+14155552671"),
        ("07700 900. 123.", "+447700900123"),
        ("yes it's oh seven seven double oh, um, nine double oh, one two three", "+447700900123"),
        ("07700 900 123, sorry, 124", "+447700900124"),
        ("07700 900123. No, 07700 900124.", "+447700900124"),
        ("my mobile is 07700 900123 and my name is Peter", "+447700900123"),
    ],
)
def test_a_british_number(text: str, number: str) -> None:
    assert value("phone", text) == number


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en-US", "415 555 2671", "+14155552671"),
        ("en", "415-555-2671", "+14155552671"),
        ("en", "(415) 555-2671", "+14155552671"),
        ("en", "four one five, five five five, two six seven one", "+14155552671"),
        ("en", "020 7946 0018", "+442079460018"),
        ("de", "030 901820", "+4930901820"),
        ("de-DE", "null drei null neun null eins acht zwei null", "+4930901820"),
        ("fr", "01 42 68 53 00", "+33142685300"),
    ],
)
def test_numbers_of_other_countries(language: str, text: str, number: str) -> None:
    assert value("phone", text, language) == number


def test_the_country_of_the_caller_comes_first() -> None:
    here = moment("en", facts={"caller": "+353851234567"})
    parsed = parse(Slot("phone", "phone"), "085 123 4567", here)
    assert parsed is not None
    assert parsed.value == "+353851234567"


@pytest.mark.parametrize("text", ["The number I'm calling from.", "this number", "the same number", "this one is fine"])
def test_the_number_of_the_call(text: str) -> None:
    parsed = parse(Slot("phone", "phone"), text, moment(facts={"caller": "+447700900123"}))
    assert parsed is not None
    assert parsed.value == "+447700900123"
    assert parse(Slot("phone", "phone"), text, moment()) is None


def test_a_number_that_is_valid_nowhere_is_a_guess() -> None:
    parsed = found(Slot("phone", "phone"), "555 0123")
    assert parsed is not None
    assert (parsed.value, parsed.sure) == ("5550123", False)


@pytest.mark.parametrize("text", ["", "Peter", "12", "at three", "I'd rather not say", "one two three"])
def test_no_number(text: str) -> None:
    assert value("phone", text) is None


def test_digits_alone_are_no_unmistakable_number() -> None:
    assert value("phone", "555 0123", asked=False) is None
    assert value("phone", "You can reach me on 07700 900123", asked=False) == "+447700900123"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ona@garden.com", "ona@garden.com"),
        ("It's Ona@Garden.com.", "ona@garden.com"),
        ("ona at garden dot com", "ona@garden.com"),
        ("My email is ona at garden dot com.", "ona@garden.com"),
        ("Ona at garden.com", "ona@garden.com"),
        ("O N A at garden dot com", "ona@garden.com"),
        ("o, n, a, at garden dot com", "ona@garden.com"),
        ("O-N-A at garden dot com", "ona@garden.com"),
        ("Ona, that's O N A, at garden dot com", "ona@garden.com"),
        ("ona dot hill at garden dot com", "ona.hill@garden.com"),
        ("ona.hill at garden.com", "ona.hill@garden.com"),
        ("ona underscore hill at garden dot com", "ona_hill@garden.com"),
        ("ona dash hill at my dash garden dot com", "ona-hill@my-garden.com"),
        ("ona hyphen hill at garden dot com", "ona-hill@garden.com"),
        ("ona plus news at garden dot com", "ona+news@garden.com"),
        ("ona hill at garden dot co dot uk", "onahill@garden.co.uk"),
        ("ona hill all one word at garden dot com", "onahill@garden.com"),
        ("ona hill, that's one word, at garden dot com", "onahill@garden.com"),
        ("ona the number four hill at garden dot com", "ona4hill@garden.com"),
        ("ona 84 at garden dot com", "ona84@garden.com"),
        ("ona eighty four at garden dot com", "ona84@garden.com"),
        ("j hill at g mail dot com", "jhill@gmail.com"),
        ("you can write to ona at garden dot com", "ona@garden.com"),
        ("Sure, it's ona at garden dot org, thank you", "ona@garden.org"),
        ("oscar november alpha at garden dot com", "ona@garden.com"),
        ("ona at garden point com", "ona@garden.com"),
        ("ona at garden dot com dot au", "ona@garden.com.au"),
        ("please send it to peter.hill@green-garden.co.uk today", "peter.hill@green-garden.co.uk"),
        ("my address is info at health dot clinic", "info@health.clinic"),
    ],
)
def test_an_email_address(text: str, address: str) -> None:
    assert value("email", text) == address
    assert value("email", text, asked=False) == address


@pytest.mark.parametrize("text", ["ona hill at garden dot com", "ona at gmail"])
def test_an_email_address_of_which_something_is_guessed(text: str) -> None:
    parsed = found(Slot("email", "email"), text)
    assert parsed is not None
    assert not parsed.sure


@pytest.mark.parametrize(
    "text",
    ["", "at three", "I live at garden. In Leeds.", "meet me at the station", "ona", "next Tuesday at half three"],
)
def test_no_email_address(text: str) -> None:
    assert value("email", text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("12 Elm Street, Leeds", "12 Elm Street, Leeds"),
        ("It's twelve Elm Street in Leeds.", "12 Elm Street in Leeds"),
        ("I live at twenty-two Garden Road.", "22 Garden Road"),
        ("My address is 5 High Street, please.", "5 High Street"),
        ("221B Baker Street", "221B Baker Street"),
        ("one hundred and five Main Street", "105 Main Street"),
        ("flat three, forty two Park Lane", "flat 3, 42 Park Lane"),
        ("Buckingham Palace", "Buckingham Palace"),
        ("10 Park Row, L S 1 5 H D", "10 Park Row, LS15HD"),
    ],
)
def test_a_postal_address(text: str, address: str) -> None:
    assert value("address", text) == address


@pytest.mark.parametrize("text", ["", "Leeds", "How far is it?", "I really would rather not tell you that now"])
def test_no_postal_address(text: str) -> None:
    assert value("address", text) is None


def test_an_address_is_unmistakable_when_it_is_introduced() -> None:
    assert value("address", "I live at 12 Elm Street", asked=False) == "12 Elm Street"
    assert value("address", "Tuesday would be great", asked=False) is None
