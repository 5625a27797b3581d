from __future__ import annotations

import asyncio

import pytest
import redis
from django.conf import settings

from channels_io.tickets import Ticket, issue_ticket, redeem_ticket

TICKET = Ticket(
    workspace="ws_1",
    kind="browser_voice",
    agent="ag_1",
    channel="ch_1",
    version="draft",
    conversation="cv_1",
    identity=("visitor", "v_1"),
    origins=("https://www.example.com",),
    user="us_1",
)


def test_a_ticket_opens_once() -> None:
    async def redeem_twice(secret: str) -> list[Ticket | None]:
        return [await redeem_ticket(secret), await redeem_ticket(secret)]

    assert asyncio.run(redeem_twice(issue_ticket(TICKET))) == [TICKET, None]


def test_of_two_sockets_with_one_ticket_one_gets_in() -> None:
    async def race(secret: str) -> list[Ticket | None]:
        return await asyncio.gather(*(redeem_ticket(secret) for _ in range(20)))

    results = asyncio.run(race(issue_ticket(TICKET)))
    assert [result for result in results if result is not None] == [TICKET]


@pytest.mark.parametrize("secret", ["", "x", "x" * 100_000, "\x00", "ü", "\ud800"])
def test_what_is_no_ticket(secret: str) -> None:
    assert asyncio.run(redeem_ticket(secret)) is None


def test_a_ticket_ends_with_its_time_and_its_secret_is_not_stored() -> None:
    secret = issue_ticket(TICKET, ttl=7)
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        (key,) = store.keys("parley:ticket:*")
        assert 0 < store.ttl(key) <= 7
        assert secret.encode() not in key + (store.get(key) or b"")
