"""The other end of the dental template's HTTP steps: a practice's calendar, where every half hour is free until it is taken.

It is mounted at /clinic on the simulator's port, the one loopback address that tools may call while simulators are on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

PATH: Final = "/clinic"
SLOT: Final = timedelta(minutes=30)


@dataclass(slots=True)
class Clinic:
    """`looked_up` and `booked`: what was asked, in its order."""

    looked_up: list[dict[str, str]] = field(default_factory=list)
    booked: list[dict[str, str]] = field(default_factory=list)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/slots", self._look_up, methods=["GET"]),
            Route("/appointments", self._book, methods=["POST"]),
        ]

    def is_free(self, day: str, time: str) -> bool:
        return all((taken.get("day"), taken.get("time")) != (day, time) for taken in self.booked)

    def next_free(self, day: str, time: str) -> str:
        """ "15:30", or "" when the rest of the day is full or that was no time."""
        try:
            at = datetime.fromisoformat(f"{day}T{time}")
        except ValueError:
            return ""
        first = at.date()
        while (at := at + SLOT).date() == first:
            if self.is_free(day, f"{at:%H:%M}"):
                return f"{at:%H:%M}"
        return ""

    async def _look_up(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.looked_up.append(asked)
        day, time = asked.get("day", ""), asked.get("time", "")
        free = self.is_free(day, time)
        return JSONResponse({"free": free, "alternative": "" if free else self.next_free(day, time)})

    async def _book(self, request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            wanted = {name: str(asked[name]) for name in ("name", "phone", "reason", "day", "time")}
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"error": "name, phone, reason, day and time are needed"}, status_code=400)
        self.booked.append(wanted)
        return JSONResponse({"number": f"A-{len(self.booked)}"}, status_code=201)
