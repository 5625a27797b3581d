from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_io.kinds.whatsapp_cloud.codec import Received, received
from channels_io.messaging.provider import (
    DeliveryReport,
    IncomingMedia,
    IncomingMessage,
    body_of,
    message_of,
    report_of,
)
from channels_io.simulators.meta import payloads
from channels_io.simulators.meta.people import Person, new_identity

BUSINESS = new_identity()
ANN = Person("15550100001", "Ann 🌻", "US.13491208655302741918", "ann")
NOW = 1_790_000_000


def read(*messages: dict[str, Any], people: tuple[Person, ...] = (ANN,)) -> list[IncomingMessage]:
    value = payloads.value_of(BUSINESS, people=people, messages=messages)
    return [each.event for each in of(payloads.envelope(BUSINESS, value)) if isinstance(each.event, IncomingMessage)]


def of(payload: dict[str, Any]) -> list[Received]:
    """Over the wire: escaped and parsed again."""
    return received(json.loads(payloads.raw(payload)))


def one(kind: str, part: dict[str, Any], person: Person = ANN) -> IncomingMessage:
    [message] = read(payloads.message(person, kind, part, at=NOW), people=(person,))
    return message


def test_a_text() -> None:
    [message] = read(payloads.text(ANN, "Hi 👋 / ok", at=NOW, message_id="wamid.1", reply_to="wamid.0"))
    assert message == IncomingMessage(
        key="wamid.1",
        address="+15550100001",
        identities=(("whatsapp", "US.13491208655302741918"), ("phone", "+15550100001")),
        text="Hi 👋 / ok",
        name="Ann 🌻",
        at=datetime.fromtimestamp(NOW, UTC),
        reply_to="wamid.0",
    )


def test_a_person_without_a_number_is_known_by_the_user_id() -> None:
    hidden = Person("", "Ann", ANN.user_id, "ann")
    message = one("text", {"body": "hi"}, hidden)
    assert message.address == ANN.user_id
    assert message.identities == (("whatsapp", ANN.user_id),)
    # Meta leaves `from_user_id` out of some messages: then the one contact says who it is.
    bare = payloads.text(hidden, "hi", at=NOW)
    del bare["from_user_id"]
    assert read(bare, people=(hidden,))[0].address == ANN.user_id
    assert read(bare, people=()) == []


def test_a_person_without_a_user_id_is_known_by_the_number() -> None:
    assert one("text", {"body": "hi"}, Person("15550100001")).identities == (("phone", "+15550100001"),)


def test_each_message_finds_its_own_contact() -> None:
    bob = Person("15550100002", "Bob", "US.2")
    found = read(payloads.text(bob, "b", at=NOW), payloads.text(ANN, "a", at=NOW), people=(ANN, bob))
    assert [(message.name, message.address) for message in found] == [
        ("Bob", "+15550100002"),
        ("Ann 🌻", "+15550100001"),
    ]


@pytest.mark.parametrize(
    ("kind", "part", "text", "choice"),
    [
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "sat", "title": "Saturday"}},
            "Saturday",
            "sat",
        ),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "r1", "title": "Row", "description": "More"}},
            "Row",
            "r1",
        ),
        ("button", {"payload": "YES", "text": "Yes please"}, "Yes please", "YES"),
        (
            "interactive",
            {
                "type": "nfm_reply",
                "nfm_reply": {"body": "Sent", "response_json": '{"flow_token":"t","day":"Sat","guests":2,"deep":{}}'},
            },
            "day: Sat\nguests: 2",
            "",
        ),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{"}}, "Sent", ""),
        ("interactive", {"type": "new_thing", "new_thing": {}}, "[interactive]", ""),
        ("location", {"latitude": 53.3, "longitude": -6, "name": "Castle"}, "Castle, [location 53.3, -6]", ""),
        ("location", {"latitude": "x", "longitude": True}, "[location]", ""),
        ("sticker", {"id": "1", "mime_type": "image/webp"}, "[sticker]", ""),
        ("order", {"catalog_id": "1"}, "[order]", ""),
        ("unsupported", {}, "[unsupported]", ""),
        ("hologram", {"body": 1}, "[hologram]", ""),
        ("text", {"body": 5}, "[text]", ""),
    ],
)
def test_what_was_said(kind: str, part: dict[str, Any], text: str, choice: str) -> None:
    message = one(kind, part)
    assert (message.text, message.choice) == (text, choice)


def test_media() -> None:
    note = one("audio", {"id": "77", "mime_type": "audio/ogg; codecs=opus", "sha256": "x", "voice": True})
    assert note.media == (IncomingMedia(reference="77", mime="audio/ogg; codecs=opus", voice=True),)
    assert note.text == ""
    picture = one("image", {"id": "78", "mime_type": "image/jpeg", "caption": "my tooth"})
    assert (picture.text, picture.media[0].reference) == ("my tooth", "78")
    paper = one("document", {"id": "79", "mime_type": "application/pdf", "filename": "x-ray.pdf"})
    assert paper.media[0].name == "x-ray.pdf"
    assert not one("audio", {"id": "80", "mime_type": "audio/mpeg"}).media[0].voice
    card = one("contacts", [{"name": {"formatted_name": "Bob"}}])  # type: ignore[arg-type]  # a list, as Meta has it
    assert card.media == (IncomingMedia(reference="", mime="text/vcard"),)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("reaction", {"message_id": "wamid.1", "emoji": "👍"}),
        ("system", {"body": "User A changed from +1 to +2", "wa_id": "2", "type": "user_changed_number"}),
        ("request_welcome", {}),
        ("interactive", {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}),
    ],
)
def test_what_wants_no_answer_is_left(kind: str, part: dict[str, Any]) -> None:
    assert read(payloads.message(ANN, kind, part, at=NOW)) == []


def test_every_entry_change_message_and_status_of_a_batch() -> None:
    bob = Person("15550100002", "Bob")
    other = new_identity()
    payload = {
        "object": "whatsapp_business_account",
        "entry": [
            payloads.entry(
                BUSINESS,
                payloads.value_of(
                    BUSINESS, people=[ANN], messages=[payloads.text(ANN, f"a{n}", at=NOW) for n in range(3)]
                ),
                payloads.value_of(BUSINESS, statuses=[payloads.status("wamid.S", "read", "15550100001", at=NOW)]),
            ),
            payloads.entry(other, payloads.value_of(other, people=[bob], messages=[payloads.text(bob, "b", at=NOW)])),
            {"id": "x", "changes": [{"field": "account_update", "value": {"messages": [{"id": "no", "from": "1"}]}}]},
        ],
    }
    found = of(payload)
    assert [each.sender for each in found] == [BUSINESS.phone_number_id] * 4 + [other.phone_number_id]
    texts = [each.event.text for each in found if isinstance(each.event, IncomingMessage)]
    assert texts == ["a0", "a1", "a2", "b"]


@pytest.mark.parametrize(
    ("word", "status"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("played", "read"), ("failed", "failed")],
)
def test_statuses(word: str, status: str) -> None:
    told = payloads.status("wamid.S", word, "15550100001", at=NOW, key="om_1", code=131026, reason="Undeliverable")
    [found] = of(payloads.envelope(BUSINESS, payloads.value_of(BUSINESS, statuses=[told])))
    failed = status == "failed"
    assert found.word == word
    assert found.event == DeliveryReport(
        provider_id="wamid.S",
        status=status,  # type: ignore[arg-type]  # out of the table above
        at=datetime.fromtimestamp(NOW, UTC),
        error_code="131026" if failed else "",
        error="Undeliverable" if failed else "",
        key="om_1",
    )


def test_an_unknown_status_is_left() -> None:
    told = [payloads.status("wamid.S", word, "1", at=NOW) for word in ("deleted", "warning", "")]
    assert of(payloads.envelope(BUSINESS, payloads.value_of(BUSINESS, statuses=told))) == []


@pytest.mark.parametrize("stamp", ["", "soon", "1e9", None, -1, True, [], "9" * 30, "٣", 10**30])
def test_a_broken_time_is_none(stamp: Any) -> None:
    message = payloads.text(ANN, "hi", at=NOW) | {"timestamp": stamp}
    assert read(message)[0].at is None


def test_escaped_nul_and_half_an_emoji_do_not_reach_the_database() -> None:
    body = payloads.raw(payloads.envelope(BUSINESS, payloads.value_of(
        BUSINESS, people=[ANN], messages=[payloads.text(ANN, "MARK", at=NOW)])))  # fmt: skip
    [found] = received(json.loads(body.replace(b"MARK", rb"a\u0000b\ud83dc\ud83d\udc4b")))
    assert isinstance(found.event, IncomingMessage)
    assert found.event.text == "abc👋"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(
    st.sampled_from(
        ["body", "id", "type", "button_reply", "nfm_reply", "title", "caption", "latitude", "longitude", "voice"]
    ),
    JSON,
    max_size=4,
)
MESSAGES = st.builds(
    lambda kind, base, part: {"type": kind, **base, kind: part},
    st.sampled_from(["text", "audio", "interactive", "button", "location", "contacts", "sticker", "reaction", "new"]),
    st.fixed_dictionaries(
        {"id": st.sampled_from(["wamid.1", "", "x" * 300]) | JSON},
        optional={"from": st.just("15550100001") | JSON, "timestamp": JSON, "context": JSON, "from_user_id": JSON},
    ),
    PARTS | JSON,
)
VALUES = st.fixed_dictionaries(
    {"metadata": st.just({"phone_number_id": "1"}) | JSON},
    optional={
        "messages": st.lists(MESSAGES | JSON, max_size=3) | JSON,
        "contacts": st.lists(JSON, max_size=2) | JSON,
        "statuses": st.lists(
            st.fixed_dictionaries({"id": JSON, "status": st.just("failed"), "errors": JSON}), max_size=2
        ),
    },
)
PAYLOADS = JSON | st.builds(
    lambda values: {"entry": [{"changes": [{"field": "messages", "value": value} for value in values]}]},
    st.lists(VALUES | JSON, max_size=3),
)


@given(PAYLOADS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_is_read_or_left(payload: Any) -> None:
    for each in received(payload):
        again = message_of if isinstance(each.event, IncomingMessage) else report_of
        assert again(json.loads(json.dumps(body_of(each.event)))) == each.event


def test_a_broken_piece_does_not_hold_up_the_others() -> None:
    good = payloads.text(ANN, "good", at=NOW)
    for pieces in permutations([good, {"id": "wamid.x"}, "nonsense", {"type": "text", "text": {"body": "no id"}}]):
        assert [message.text for message in read(*pieces, people=())] == ["good"]  # type: ignore[arg-type]
