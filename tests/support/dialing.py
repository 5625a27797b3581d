"""A dialer of the tests: what it was asked, and what it answers."""

from __future__ import annotations

import pytest

from channels_io.models import Channel, PhoneCall
from channels_io.telephony import CallReport, DialFailed


class HandDialer:
    """Numbers its calls; `failures` are raised by the next dials, one each; `found` is what a look-up comes to."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        """(what, key or digits of the call)"""
        self.failures: list[DialFailed] = []
        self.found = ""
        self.report: CallReport | None = None
        self.recording = b""

    def __call__(self, channel: Channel) -> HandDialer:
        return self

    def use(self, monkeypatch: pytest.MonkeyPatch, *modules: str) -> HandDialer:
        for module in modules:
            monkeypatch.setattr(f"{module}.dialer_of", self)
        return self

    def count(self, what: str) -> int:
        return sum(done == what for done, _ in self.done)

    def dial(self, call: PhoneCall) -> str:
        self.done.append(("dial", call.key))
        if self.failures:
            raise self.failures.pop(0)
        return f"CAdialed{self.count('dial')}"

    def look_up(self, call: PhoneCall) -> str:
        self.done.append(("look_up", call.key))
        return self.found

    def hang_up(self, call: PhoneCall) -> None:
        self.done.append(("hang_up", call.key))

    def put_through(self, caller: PhoneCall, person: PhoneCall) -> None:
        self.done.append(("put_through", person.key))

    def press(self, call: PhoneCall, digits: str) -> None:
        self.done.append(("press", digits))

    def say_and_hang_up(self, call: PhoneCall, text: str) -> None:
        self.done.append(("say", text))

    def left_message(self, call: PhoneCall, recording: str, limit: int) -> bytes:
        self.done.append(("left_message", recording))
        return self.recording

    def fetch(self, call: PhoneCall) -> CallReport | None:
        self.done.append(("fetch", call.key))
        return self.report
