from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_io.kinds.twilio_messaging.codec import (
    address_for,
    identities_of,
    media_of,
    message_of_form,
    message_of_list,
    report_of_form,
)
from channels_io.messaging.provider import IncomingMedia, body_of, message_of, report_of

SID = "SM" + "0f" * 16
SMS = {"MessageSid": SID, "From": "+353861234567", "To": "+15550100000", "Body": "Hello", "NumMedia": "0"}
WHATSAPP = {**SMS, "From": "whatsapp:+353861234567", "ProfileName": "Ann 🌻", "WaId": "353861234567"}
FORMS = st.dictionaries(
    st.sampled_from(
        [
            "MessageSid", "SmsSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MediaContentType0", "ButtonText",
            "ButtonPayload", "ButtonType", "ProfileName", "Latitude", "Longitude", "Label", "Address", "MessageStatus",
            "SmsStatus", "ErrorCode", "ErrorMessage", "OriginalRepliedMessageSid",
        ]
    ),
    st.one_of(st.text(max_size=60), st.just(SID), st.sampled_from(["1", "99999", "-3", "٣", "sent", "failed", "+15550100001"])),
)  # fmt: skip


def test_a_text_message() -> None:
    message = message_of_form(SMS)
    assert message is not None
    assert (message.key, message.address, message.text) == (SID, "+353861234567", "Hello")
    assert message.identities == (("phone", "+353861234567"),)
    assert message.at is None
    assert message.media == ()


def test_whatsapp_loses_its_prefix_and_brings_a_name() -> None:
    message = message_of_form(WHATSAPP)
    assert message is not None
    assert (message.address, message.name) == ("+353861234567", "Ann 🌻")
    assert message.identities == (("phone", "+353861234567"),)


def test_whitespace_of_a_body_is_kept() -> None:
    message = message_of_form({**SMS, "Body": "  two\nlines  "})
    assert message is not None
    assert message.text == "  two\nlines  "


def test_a_tapped_button() -> None:
    tapped = {**WHATSAPP, "Body": "Saturday", "ButtonText": "Saturday", "ButtonPayload": "sat", "ButtonType": "REPLY"}
    message = message_of_form({**tapped, "OriginalRepliedMessageSid": "SM" + "2" * 32})
    assert message is not None
    assert (message.text, message.choice, message.reply_to) == ("Saturday", "sat", "SM" + "2" * 32)
    opened = message_of_form({**tapped, "ButtonType": "ACTION"})
    assert opened is not None
    assert opened.choice == ""


def test_media_by_number() -> None:
    form = {
        **WHATSAPP,
        "Body": "",
        "NumMedia": "2",
        "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        "MediaContentType0": "audio/ogg; codecs=opus",
        "MediaUrl1": "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME2",
        "MediaContentType1": "image/jpeg",
        "MediaUrl2": "https://evil.example/not-announced",
    }
    message = message_of_form(form)
    assert message is not None
    assert message.media == (
        IncomingMedia(reference=form["MediaUrl0"], mime="audio/ogg; codecs=opus", voice=True),
        IncomingMedia(reference=form["MediaUrl1"], mime="image/jpeg"),
    )
    assert message.text == ""


def test_a_sound_over_sms_is_no_voice_note() -> None:
    assert not media_of("https://x.example/1", "audio/ogg", whatsapp=False).voice
    assert not media_of("https://x.example/1", "audio/mpeg", whatsapp=True).voice


@pytest.mark.parametrize("announced", ["", "x", "-1", "1e3", "99999", "٣"])
def test_a_wrong_number_of_media_is_none(announced: str) -> None:
    message = message_of_form({**SMS, "NumMedia": announced, "MediaUrl0": "https://x.example/1"})
    assert message is not None
    assert message.media == ()


def test_a_place() -> None:
    message = message_of_form(
        {**WHATSAPP, "Body": "", "Latitude": "53.3441", "Longitude": "-6.2675", "Label": "Castle", "Address": "Dame St"}
    )
    assert message is not None
    assert message.text == "Castle, Dame St, [location 53.3441, -6.2675]"


def test_identities_of_senders_without_a_number() -> None:
    assert identities_of("50808") == (("sender", "50808"),)
    assert identities_of("ACMEBANK") == (("sender", "ACMEBANK"),)
    assert identities_of("whatsapp:US.13491208655302741918") == (("whatsapp", "US.13491208655302741918"),)


@pytest.mark.parametrize(
    "form", [{}, {**SMS, "MessageSid": "x"}, {**SMS, "From": ""}, {**SMS, "MessageSid": SID + "0"}]
)
def test_what_is_no_message(form: dict[str, str]) -> None:
    assert message_of_form(form) is None


def test_nul_and_surrogates_do_not_reach_the_database() -> None:
    message = message_of_form({**SMS, "Body": "a\x00b\ud83dc"})
    assert message is not None
    assert message.text == "abc"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("partially_delivered", "delivered"),
        ("read", "read"),
        ("failed", "failed"),
        ("undelivered", "failed"),
        ("canceled", "failed"),
        ("queued", None),
        ("accepted", None),
        ("scheduled", None),
        ("sending", None),
        ("receiving", None),
        ("", None),
        ("Sent", None),
    ],
)
def test_every_status(word: str, status: str | None) -> None:
    read = report_of_form({"MessageSid": SID, "MessageStatus": word, "ErrorCode": "30008"}, "om_1")
    if status is None:
        assert read is None
        return
    assert read is not None
    assert read[0] == word
    assert (read[1].status, read[1].provider_id, read[1].key) == (status, SID, "om_1")
    assert read[1].error_code == ("30008" if status == "failed" else "")


def test_a_listed_message_is_the_one_the_webhook_brings() -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    listed = message_of_list(SID, "whatsapp:+353861234567", "Hello", at)
    told = message_of_form(WHATSAPP)
    assert listed is not None
    assert told is not None
    assert (listed.key, listed.address, listed.identities, listed.text) == (
        told.key, told.address, told.identities, told.text,
    )  # fmt: skip
    assert listed.at == at
    assert message_of_list("CA" + "1" * 32, "+15550100001", "x", at) is None


def test_addresses_there_and_back() -> None:
    assert address_for("+353861234567", "whatsapp:+15550100000") == "whatsapp:+353861234567"
    assert address_for("+353861234567", "+15550100000") == "+353861234567"


@given(FORMS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_form_is_read_or_left(form: dict[str, str]) -> None:
    if (message := message_of_form(form)) is not None:
        assert message_of(body_of(message)) == message
        assert len(message.address) <= 200
        assert all(len(value) <= 200 for _kind, value in message.identities)
    if (read := report_of_form(form, "om_1")) is not None:
        assert report_of(body_of(read[1])) == read[1]
