"""Recordings of calls: cut from what both sides heard once they end, kept as WAV, told to whoever asked."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

import numpy as np

from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.media import wav_of
from channels_io.simulators.twilio.phone import Phone, now
from channels_io.simulators.twilio.records import RecordingRecord
from inference.audio import Samples

if TYPE_CHECKING:
    from channels_io.simulators.twilio.exchange import Exchange


class Recorder:
    """`records` by sid."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.records: dict[str, RecordingRecord] = {}
        self._callbacks: dict[str, str] = {}

    def begin(self, phone: Phone, *, channels: int, source: str, callback: str = "") -> RecordingRecord:
        """`callback` is told when the call's end finishes it."""
        record = RecordingRecord(self._exchange.sid("RE"), phone.record.sid, channels, now(), source=source)
        self.records[record.sid] = record
        self._callbacks[record.sid] = callback
        phone.record.recordings.append(record)
        return record

    def finish(self, record: RecordingRecord, phone: Phone, *, own_voice: bool = False) -> None:
        """`own_voice`: only what this person said, as <Record> takes it."""
        if record.ended is not None:
            return
        record.ended = now() if phone.record.ended is None else phone.record.ended
        record.status = "completed"
        said = _without_gaps(phone.record.voice.clip(record.began, record.ended), record)
        heard = _without_gaps(phone.ear.clip(record.began, record.ended), record)
        if own_voice:
            record.wav = wav_of(said)
        elif record.channels == 2:
            record.wav = wav_of(said, heard)
        else:
            mixed = said.astype(np.int32) + heard.astype(np.int32)
            record.wav = wav_of(np.clip(mixed, -32768, 32767).astype(np.int16))

    def pause(self, record: RecordingRecord) -> None:
        """Until `resume` it holds silence."""
        if record.status == "in-progress":
            record.status = "paused"
            record.gaps.append((now(), None))

    def resume(self, record: RecordingRecord) -> None:
        if record.status == "paused":
            record.status = "in-progress"
            record.gaps[-1] = (record.gaps[-1][0], now())

    def finish_all(self, phone: Phone) -> None:
        """The call is over."""
        for record in phone.record.recordings:
            if record.ended is None and record.source in {"StartCallRecordingAPI", "OutboundAPI"}:
                self.stop(record, phone)

    def stop(self, record: RecordingRecord, phone: Phone) -> None:
        """Before the call is over."""
        self.finish(record, phone)
        self.report(phone, record, self._callbacks.get(record.sid, ""))

    def url(self, record: RecordingRecord) -> str:
        exchange = self._exchange
        return f"{exchange.url}/2010-04-01/Accounts/{exchange.account_sid}/Recordings/{record.sid}"

    def report(self, phone: Phone, record: RecordingRecord, url: str) -> None:
        if not url:
            return
        params = {
            "AccountSid": self._exchange.account_sid,
            "CallSid": phone.record.sid,
            "RecordingSid": record.sid,
            "RecordingUrl": self.url(record),
            "RecordingStatus": record.status,
            "RecordingDuration": str(record.seconds),
            "RecordingChannels": str(record.channels),
            "RecordingSource": record.source,
            "RecordingStartTime": format_datetime(record.when),
        }
        self._exchange.hooks.tell("recording-status", record.sid, url, params, keep=phone.record.hooks)


def _without_gaps(samples: Samples, record: RecordingRecord) -> Samples:
    kept = samples.copy()
    for begins, ends in record.gaps:
        last = len(kept) if ends is None else round((ends - record.began) * RATE)
        kept[max(0, round((begins - record.began) * RATE)) : max(0, last)] = 0
    return kept
