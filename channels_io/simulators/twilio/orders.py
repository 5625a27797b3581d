"""What was asked for with an outgoing call: whom to tell of its progress, how long to ring, whether a machine counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from channels_io.simulators.twilio.twiml import TRUE, Verb

if TYPE_CHECKING:
    from channels_io.simulators.twilio.conductor import Conductor

RING_SECONDS = 60.0
EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """`machine`: "", "Enable" or "DetectMessageEnd". `watch_aside`: do not keep the call waiting for the verdict."""

    callback: str = ""
    callback_method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})
    ring_seconds: float = RING_SECONDS
    limit_seconds: float | None = None
    machine: str = ""
    watch_aside: bool = False
    machine_callback: str = ""
    machine_callback_method: str = "POST"
    send_digits: str = ""
    record: bool = False
    record_channels: int = 1
    record_callback: str = ""


def orders_of(conductor: Conductor, noun: Verb, ring_seconds: float) -> Orders:
    """Of a <Number> in a <Dial>."""
    callback, machine = noun.get("statusCallback"), noun.get("amdStatusCallback")
    return Orders(
        callback=conductor.absolute(callback) if callback else "",
        callback_method=noun.get("statusCallbackMethod", "POST"),
        events=events_of(noun.get("statusCallbackEvent").split()),
        ring_seconds=ring_seconds,
        machine=noun.get("machineDetection"),
        watch_aside=True,
        machine_callback=conductor.absolute(machine) if machine else "",
        machine_callback_method=noun.get("amdStatusCallbackMethod", "POST"),
        send_digits=noun.get("sendDigits"),
    )


def orders_from(params: Mapping[str, str]) -> Orders:
    """Of a request to the API that creates a call. Repeated values come joined by blanks."""
    limit = params.get("TimeLimit", "")
    return Orders(
        callback=params.get("StatusCallback", ""),
        callback_method=params.get("StatusCallbackMethod", "POST"),
        events=events_of(params.get("StatusCallbackEvent", "").split()),
        ring_seconds=float(params.get("Timeout", RING_SECONDS)),
        limit_seconds=float(limit) if limit else None,
        # A call that presses keys of its own is not listened to.
        machine="" if params.get("SendDigits") else params.get("MachineDetection", ""),
        watch_aside=params.get("AsyncAmd", "").lower() in TRUE,
        machine_callback=params.get("AsyncAmdStatusCallback", ""),
        machine_callback_method=params.get("AsyncAmdStatusCallbackMethod", "POST"),
        send_digits=params.get("SendDigits", ""),
        record=params.get("Record", "").lower() in TRUE,
        record_channels=2 if params.get("RecordingChannels") == "dual" else 1,
        record_callback=params.get("RecordingStatusCallback", ""),
    )


def events_of(names: list[str]) -> frozenset[str]:
    return frozenset(names) & EVENTS or frozenset({"completed"})
