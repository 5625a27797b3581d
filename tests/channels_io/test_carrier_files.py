from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from channels_io import carrier_files
from channels_io.messaging.provider import SendFailed
from parley.lib.egress import Allowed, EgressRefused, parse_target
from parley.lib.outbound import Caps, OutboundFailed, Request, Response

KEY = {"Authorization": "Bearer secret"}
BASE = "https://graph.example.com/v26.0"


class Wire:
    """In place of the outbound client: what it was asked, and with which leave."""

    answer: Response | Exception = Response(status=200, headers={}, body=b"file")
    asked: list[tuple[Request, Caps]]
    allowed: Allowed

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, allowed: Allowed) -> Wire:
        self.allowed = allowed
        return self

    async def send(self, request: Request, caps: Caps) -> Response:
        self.asked.append((request, caps))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(carrier_files, "OutboundClient", wire)
    return wire


def fetch(url: str, limit: int = 100, base: str = BASE) -> bytes:
    return carrier_files.fetch(url, limit, base=base, credentials=KEY, hosts=("fbsbx.com",))


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://graph.example.com/file", KEY),
        ("https://lookaside.fbsbx.com/whatsapp/?mid=1", KEY),
        ("https://fbsbx.com/x", KEY),
        ("http://lookaside.fbsbx.com/x", {}),
        ("https://lookaside.fbsbx.com:8443/x", {}),
        ("https://evilfbsbx.com/x", {}),
        ("https://fbsbx.com.evil.example/x", {}),
        ("https://graph.example.com:8443/x", {}),
        ("http://graph.example.com/x", {}),
        ("https://evil.example/?u=https://graph.example.com/", {}),
    ],
)
def test_credentials_go_to_the_carrier_only(wire: Wire, url: str, given: Mapping[str, str]) -> None:
    assert fetch(url) == b"file"
    [(request, caps)] = wire.asked
    assert (request.credentials, request.method) == (given, "GET")
    assert "Authorization" not in request.headers
    assert caps.seconds == carrier_files.SECONDS


@pytest.mark.parametrize(
    "url", ["https://graph.example.com\\@evil.example/", "https://a@graph.example.com/", "x", "", "file:///x"]
)
def test_what_is_no_plain_address_is_not_connected_to(wire: Wire, url: str) -> None:
    with pytest.raises(SendFailed) as failed:
        fetch(url)
    assert failed.value.code == "media_gone"
    assert not wire.asked


def test_only_the_configured_address_may_lie_inside(wire: Wire) -> None:
    fetch("http://127.0.0.1:8955/x", base="http://127.0.0.1:8955/meta")
    assert wire.allowed.names(parse_target("http://127.0.0.1:8955/x"))
    fetch("http://127.0.0.1:8956/x", base="http://127.0.0.1:8955/meta")
    assert not wire.allowed.opens(parse_target("http://127.0.0.1:8955/x"))


@pytest.mark.parametrize(
    ("answer", "code", "verdict"),
    [
        (Response(status=404, headers={}, body=b""), "media_gone", "never"),
        (Response(status=410, headers={}, body=b""), "media_gone", "never"),
        (Response(status=401, headers={}, body=b""), "sign_in", "later"),
        (Response(status=503, headers={}, body=b""), "unreachable", "later"),
        (Response(status=200, headers={}, body=b"x" * 101), "too_large", "never"),
        (OutboundFailed("x", code="too_large"), "too_large", "never"),
        (OutboundFailed("x", code="timeout"), "unreachable", "later"),
        (EgressRefused("x"), "media_gone", "never"),
    ],
)
def test_what_went_wrong(wire: Wire, answer: Any, code: str, verdict: str) -> None:
    wire.answer = answer
    with pytest.raises(SendFailed) as failed:
        fetch("https://graph.example.com/file")
    assert (failed.value.code, failed.value.verdict) == (code, verdict)
