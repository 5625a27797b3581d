"""What a telephony kind brings beside its socket: placing calls and steering them. Data and Protocols only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from inference.errors import ParleyError

if TYPE_CHECKING:
    from channels_io.models import PhoneCall


class CallPlan(Struct, frozen=True, kw_only=True):
    """`PhoneCall.plan` of a call that we place."""

    variables: dict[str, str] = {}
    """What the flow begins with."""
    disclosure: str = ""
    """Said before anything else when a person, or a machine that is talked to, takes the call; empty: nothing."""
    machine: Literal["hang_up", "message", "talk"] = "hang_up"
    """What to do when an answering machine takes it."""
    message: str = ""
    """Said after the beep."""
    ring_seconds: int = 30
    limit_seconds: int = 900
    version: str = ""
    """Public id of the version to run; empty: the channel's."""
    digits: str = ""
    """Pressed once it is answered: an extension, or the way through a menu. `w` waits half a second. Rules out `machine`."""


class DialFailed(ParleyError):
    """`verdict` as of `messaging.provider.SendFailed`."""

    code = "dial_failed"

    def __init__(
        self, message: str, *, code: str, verdict: Literal["never", "later", "unknown"], retry_after: float = 0.0
    ) -> None:
        super().__init__(message, code=code)
        self.verdict = verdict
        self.retry_after = retry_after


class CallReport(Struct, frozen=True, kw_only=True):
    """What a provider says of a call: in its status callback, or when asked. `status` is a `PhoneCall.Status`."""

    status: str
    at: datetime | None = None
    seconds: int = 0
    answered_by: str = ""
    error_code: str = ""


class Dialer(Protocol):
    """Speaks for one channel. Blocking, with time limits of its own; raises DialFailed only."""

    def dial(self, call: PhoneCall) -> str:
        """Place it; the provider's id."""

    def look_up(self, call: PhoneCall) -> str:
        """The provider's id of a call whose placing had no answer; "" when the provider has none."""

    def hang_up(self, call: PhoneCall) -> None:
        """End it, ringing or connected; one that is over already stays so."""

    def put_through(self, caller: PhoneCall, person: PhoneCall) -> None:
        """Both are connected: take the caller off our stream and to the person. Raises "never" when one has hung up."""

    def press(self, call: PhoneCall, digits: str) -> None:
        """Send tones down a connected call; its stream breaks off for them and comes back."""

    def say_and_hang_up(self, call: PhoneCall, text: str) -> None:
        """Say `text` in the language of the call, then end it."""

    def left_message(self, call: PhoneCall, recording: str, limit: int) -> bytes:
        """A WAV file of at most `limit` bytes. `recording` is the provider's id of it."""

    def fetch(self, call: PhoneCall) -> CallReport | None:
        """What the provider says of it now; None when it knows no such call."""
