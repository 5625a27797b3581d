from __future__ import annotations

import pytest

from channels_io.live.consumer import origin_allowed
from channels_io.tickets import ANY_ORIGIN, Ticket


@pytest.mark.parametrize(
    ("origins", "origin", "host", "allowed"),
    [
        ((), "https://parley.example", "parley.example", True),
        ((), "https://Parley.Example", "parley.example", True),
        ((), "https://parley.example:444", "parley.example", False),
        ((), "https://parley.example.evil.example", "parley.example", False),
        ((), None, "parley.example", False),
        ((), "null", "null", False),
        (("https://shop.example",), "https://shop.example", "parley.example", True),
        (("https://shop.example",), "http://shop.example", "parley.example", False),
        (("https://shop.example",), "https://parley.example", "parley.example", False),
        (("https://shop.example",), None, "parley.example", False),
        ((ANY_ORIGIN,), None, "parley.example", True),
    ],
)
def test_origins(origins: tuple[str, ...], origin: str | None, host: str, allowed: bool) -> None:
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    ticket = Ticket(workspace="ws", kind="browser_voice", agent="ag", origins=origins)
    assert origin_allowed(headers, ticket) is allowed
