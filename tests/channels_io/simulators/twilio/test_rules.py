"""The small pure rules: URL overrides, signatures, segments, chance, templates."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from channels_io.simulators.twilio.faults import Chance, Faults
from channels_io.simulators.twilio.overrides import Overrides, failure_of, split_url
from channels_io.simulators.twilio.segments import segments_of
from channels_io.simulators.twilio.signing import sign, signed_headers
from channels_io.simulators.twilio.templates import Template

CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
    "Caller": "+14158675310",
}


def test_without_a_fragment_there_is_one_retry_and_only_when_nobody_could_be_reached() -> None:
    url, overrides = split_url("https://host/voice?call=1")
    assert url == "https://host/voice?call=1"
    assert overrides == Overrides(connect=5.0, read=15.0, total=15.0, retries=1, retry=frozenset({"ct"}))
    assert overrides.again("ct")
    assert not overrides.again("rt")
    assert not overrides.again("5xx")


def test_the_fragment_changes_that_and_is_not_requested() -> None:
    url, overrides = split_url("https://host/voice#rc=2&rp=ct,rt,5xx&rt=4000&ct=50&tt=99000")
    assert url == "https://host/voice"
    assert overrides == Overrides(connect=0.1, read=4.0, total=15.0, retries=2, retry=frozenset({"ct", "rt", "5xx"}))
    assert split_url("https://h#rp=all")[1].again("4xx")
    assert split_url("https://h#rc=9&rt=soon")[1] == Overrides(retries=5)


@pytest.mark.parametrize(("status", "failure"), [(200, None), (302, None), (403, "4xx"), (503, "5xx")])
def test_which_answers_are_failures(status: int, failure: str | None) -> None:
    assert failure_of(status) == failure


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", CALL, "GvWf1cFY/Q7PnoempGyD5oXAezc="),
        ("wss://voice.example.com/media", {}, "jFDHVhI8XO69C49uXR3xmdZPylY="),
    ],
)
def test_signatures_are_those_of_twilios_documentation(url: str, params: dict[str, str], signature: str) -> None:
    assert sign("12345", url, params) == signature
    assert RequestValidator("12345").validate(url, params, signed_headers("12345", url, params)["X-Twilio-Signature"])


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("é" * 160, 1),
        ("☎" * 70, 1),
        ("☎" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_as_the_network_counts_them(text: str, segments: int) -> None:
    assert segments_of(text) == segments


def test_a_letter_of_two_places_is_not_torn_apart() -> None:
    # 152 + 1 letters fill the first segment but for one place, which the euro sign does not fit into.
    assert segments_of("a" * 152 + "€" * 77) == 3
    assert segments_of("a" * 153 + "€" * 76) == 2


def test_the_same_seed_brings_the_same_faults() -> None:
    faults = Faults(seed=7, duplicate=0.3, swap=0.1, delay=0.1, drop=0.05)
    one, other = Chance(faults), Chance(faults)
    fates = [one.of_hook("message") for _ in range(2000)]
    assert fates == [other.of_hook("message") for _ in range(2000)]
    assert 540 < sum(fate.duplicate for fate in fates) < 640
    assert 150 < sum(fate.swap for fate in fates) < 250
    assert 60 < sum(fate.drop for fate in fates) < 140
    assert all(not (fate.drop and (fate.swap or fate.duplicate or fate.hold)) for fate in fates)


def test_faults_keep_to_their_kinds_and_can_be_forced() -> None:
    chance = Chance(Faults(duplicate=1.0))
    assert not chance.of_hook("voice").duplicate
    assert chance.of_hook("message").duplicate
    chance = Chance()
    chance.force("server_error", 2)
    chance.force("drop")
    assert [chance.of_request() for _ in range(3)] == ["server_error", "server_error", None]
    assert [chance.of_hook("message").drop for _ in range(2)] == [True, False]


def test_a_template_reads_with_its_blanks_filled() -> None:
    template = Template(
        sid="HX1",
        name="late",
        types={"twilio/text": {"body": "Hello {{1}}, see you at {{2}}."}},
        variables={"2": "noon"},
    )
    assert template.filled({"1": "Ann"}) == "Hello Ann, see you at noon."
    assert template.filled({"1": "Ann", "2": "nine"}) == "Hello Ann, see you at nine."
