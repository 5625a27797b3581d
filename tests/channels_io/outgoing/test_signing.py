"""The signature of Standard Webhooks, compared with the example that its own documentation gives."""

from __future__ import annotations

import pytest

from channels_io.outgoing.signing import PREFIX, headers_of, key_of, new_secret, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_the_specification() -> None:
    assert sign(SECRET, ID, AT, BODY) == SIGNATURE
    assert headers_of(SECRET, ID, AT, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": str(AT),
        "webhook-signature": SIGNATURE,
    }


@pytest.mark.parametrize(
    ("message_id", "at", "body", "signatures", "now", "good"),
    [
        (ID, AT, BODY, [SIGNATURE], AT + 299, True),
        (ID, AT, BODY, ["v1,other", SIGNATURE], AT, True),
        (ID, AT, BODY, [SIGNATURE], AT + 301, False),
        (ID, AT, BODY, [SIGNATURE], AT - 301, False),
        (ID, AT + 1, BODY, [SIGNATURE], AT, False),
        ("msg_other", AT, BODY, [SIGNATURE], AT, False),
        (ID, AT, BODY + b" ", [SIGNATURE], AT, False),
        (ID, AT, BODY, [], AT, False),
    ],
)
def test_what_is_changed_or_late_is_not_believed(
    message_id: str, at: int, body: bytes, signatures: list[str], now: int, good: bool
) -> None:
    assert verify(SECRET, message_id, at, body, signatures, now) is good


def test_a_secret_is_long_and_never_the_same() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith(PREFIX)
    assert len(key_of(first)) == 32
    with pytest.raises(ValueError, match="Not a webhook secret"):
        key_of("whsec_ä")
