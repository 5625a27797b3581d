"""TwiML as Twilio reads it."""

from __future__ import annotations

import pytest

from channels_io.simulators.twilio.twiml import TwimlError, parse
from tests.channels_io.simulators.twilio.desk import twiml


def test_verbs_come_in_their_order_with_attributes_words_and_children() -> None:
    document = parse(
        twiml(
            '<Say voice="Polly.Amy">Hello &amp; welcome</Say>',
            '<Connect action="/after"><Stream url="wss://host/path"><Parameter name="token" value="abc"/></Stream></Connect>',
            "<Hangup/>",
        )
    )
    assert [verb.name for verb in document.verbs] == ["Say", "Connect", "Hangup"]
    assert document.verbs[0].text == "Hello & welcome"
    assert document.verbs[0].get("voice") == "Polly.Amy"
    stream = document.verbs[1].child("Stream")
    assert stream is not None
    assert [(each.get("name"), each.get("value")) for each in stream.children] == [("token", "abc")]
    assert document.warnings == ()


def test_words_inside_ssml_are_kept() -> None:
    document = parse(twiml("<Say>Press <emphasis>one</emphasis> now</Say>"))
    assert document.verbs[0].text == "Press one now"
    assert document.warnings == ()


def test_names_are_case_sensitive_and_what_is_unknown_is_warned_of() -> None:
    document = parse(twiml("<say>hello</say>", '<Dial timeOut="3">+353</Dial>', "<Gather><Hangup/></Gather>"))
    assert [verb.name for verb in document.verbs] == ["Dial", "Gather"]
    assert document.verbs[1].children == ()
    assert document.warnings == (
        "<Response> holds no <say>.",
        "<Dial> has no attribute 'timeOut'.",
        "<Gather> holds no <Hangup>.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<Response><Say>",
        "<Answer/>",
        '<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>',
        f"<Response><Say>{'a' * 70_000}</Say></Response>",
    ],
)
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(TwimlError):
        parse(text)


def test_numbers_and_flags_fall_back_to_their_defaults() -> None:
    verb = parse(twiml('<Gather timeout="soon" actionOnEmptyResult="TRUE"/>')).verbs[0]
    assert verb.number("timeout", 5.0) == 5.0
    assert verb.flag("actionOnEmptyResult") is True
    assert verb.flag("bargeIn", default=True) is True
