"""One token bucket in Valkey, for pages, API, sockets and sends alike: all web processes share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import redis
import redis.asyncio
from django.conf import settings

# Refills by the server's own clock, so processes with different clocks agree. Returns milliseconds to wait, 0 = go.
_SCRIPT: Final = """
local burst, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1]) or burst
local at = tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000)
local wait = 0
if tokens >= cost then
  tokens = tokens - cost
else
  wait = math.ceil((cost - tokens) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return wait
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """`per_second` on average and up to `burst` at once, counted per `name` and key."""

    name: str
    burst: int
    per_second: float

    def _arguments(self, key: str, cost: int) -> tuple[str, str, str, str]:
        if not 0 < cost <= self.burst:
            raise ValueError(f"the cost must lie between 1 and the burst ({self.burst})")
        return f"parley:limit:{self.name}:{key}", str(self.burst), str(self.per_second), str(cost)

    def wait(self, key: str, cost: int = 1) -> float:
        """Seconds to wait before this may be done; 0.0 = done now and counted."""
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            waited = client.eval(_SCRIPT, 1, *self._arguments(key, cost))
        return cast(int, waited) / 1000

    async def await_turn(self, key: str, cost: int = 1) -> float:
        """`wait` for async code: it returns at once too, with the seconds to wait."""
        async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client:
            waited = await client.eval(_SCRIPT, 1, *self._arguments(key, cost))
        return cast(int, waited) / 1000
