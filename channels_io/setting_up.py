"""What a carrier's kind brings for setting a channel up: its numbers, its webhooks, what can be tested. Data and Protocols only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from inference.errors import ParleyError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from channels_io.models import Channel

Verdict = Literal["good", "warn", "bad", "skipped"]


class SetUpFailed(ParleyError):
    """The carrier was asked and did not give it. `message` is the exact reason, `advice` what to do about it.

    code: unreachable, credentials, not_found, throttled, refused, bad_answer, secret_unreadable, simulators_off.
    """

    code = "set_up_failed"

    def __init__(self, message: str, *, code: str, advice: str = "") -> None:
        super().__init__(message, code=code)
        self.advice = advice


class Number(Struct, frozen=True, kw_only=True):
    """A number or sender of the account. `address` as in `Channel.address`."""

    address: str
    label: str
    """As people read it."""
    detail: str = ""
    """Its name at the carrier, what it can do, whether it is ready."""
    usable: bool = True
    """False: it cannot do what this kind needs; `detail` says what is missing."""


class Webhook(Struct, frozen=True, kw_only=True):
    """Something to paste at the carrier: `label` is what the field is called there."""

    label: str
    value: str
    help: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """What a check came to. `text` is the exact reason, `advice` what to do; both empty of secrets."""

    verdict: Verdict
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`needs`: names of checks without which this one says nothing; it is skipped when one of them is bad."""

    name: str
    label: StrOrPromise
    run: Callable[[], Found]
    needs: tuple[str, ...] = ()


class SetUp(Protocol):
    """Speaks for one account. Blocking, with time limits of its own; raises SetUpFailed only."""

    def sign_in(self) -> str:
        """Tries the account's secrets; the name the carrier knows the account by."""

    def numbers(self) -> Sequence[Number]:
        """What this kind could use of the account."""

    def clean_address(self, text: str) -> str:
        """As `Channel.address` holds it; asks nobody. Raises ValidationError."""

    def webhooks(self, channel: Channel) -> Sequence[Webhook]:
        """What to paste where, in the order of the carrier's form."""

    def configure(self, channel: Channel) -> str:
        """Set the webhooks at the carrier; a sentence that says what was set."""

    def checks(self, channel: Channel) -> Sequence[Check]:
        """Of the carrier's side, in order."""


def found(failed: SetUpFailed) -> Found:
    """A failure as the result of a check."""
    return Found(verdict="bad", text=failed.message, advice=failed.advice)
