"""The verbs that one telephone does alone: speech, sound, keys, recording. Those with others in `dialing.py` and `stream.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from channels_io.simulators.twilio.conductor import Conductor, Finish, Goto, LeaveQueue, Next, VerbRunner
from channels_io.simulators.twilio.dialing import dial, enqueue
from channels_io.simulators.twilio.ear import RATE
from channels_io.simulators.twilio.hooks import NotFetched
from channels_io.simulators.twilio.media import Frame, NoSound, beep, hum, read_sound
from channels_io.simulators.twilio.phone import KEY_SECONDS, PAUSE_SECONDS, now
from channels_io.simulators.twilio.records import RecordingRecord
from channels_io.simulators.twilio.stream import connect
from channels_io.simulators.twilio.twiml import Verb
from inference.audio import ulaw_encode

GATHER_SECONDS = 5.0
RECORD_SILENCE, RECORD_LONGEST = 5.0, 3600.0
ALL_KEYS = "1234567890*#"
NO_FILE, WRONG_FILE = 11200, 12300
SPEECH_END_SECONDS = 0.3
"""After the last word, until speech counts as over."""


async def say(conductor: Conductor, verb: Verb) -> Next:
    """A hum as long as the words take; loop="0" says them until the call ends."""
    seconds = max(0.2, len(verb.text) * conductor.exchange.pace.letter_seconds)
    await _sound(conductor, hum(seconds), verb)
    return None


async def play(conductor: Conductor, verb: Verb) -> Next:
    if verb.get("digits"):
        await asyncio.sleep(sum(PAUSE_SECONDS if key in "wW" else KEY_SECONDS for key in verb.get("digits")))
        return None
    url = conductor.absolute(verb.text)
    try:
        samples = read_sound(await conductor.exchange.hooks.fetch(url))
    except NotFetched as error:
        conductor.problem(NO_FILE, f"<Play> {url}: {error}")
    except NoSound as error:
        conductor.problem(WRONG_FILE, f"<Play> {url}: {error}")
    else:
        await _sound(conductor, ulaw_encode(samples), verb)
    return None


async def _sound(conductor: Conductor, ulaw: bytes, verb: Verb) -> None:
    """In the person's ear, as often as `loop` says. Stopped, it falls silent at once."""
    ear = conductor.phone.ear
    times = int(verb.number("loop", 1))
    try:
        played = 0
        while times == 0 or played < times:
            begins = ear.queue(ulaw, now())
            await asyncio.sleep(max(0.0, begins + len(ulaw) / RATE - now()))
            played += 1
    except asyncio.CancelledError:
        ear.cut(now())
        raise


async def pause(conductor: Conductor, verb: Verb) -> Next:
    await asyncio.sleep(verb.number("length", 1.0))
    return None


async def redirect(conductor: Conductor, verb: Verb) -> Next:
    return Goto(conductor.absolute(verb.text), verb.get("method", "POST"))


async def hang_up(conductor: Conductor, verb: Verb) -> Next:
    conductor.phone.end("twiml")
    return Finish()


async def leave(conductor: Conductor, verb: Verb) -> Next:
    return LeaveQueue()


async def reject(conductor: Conductor, verb: Verb) -> Next:
    conductor.problem(12200, "<Reject> must be the first verb of an incoming call.")
    return None


class Keys:
    """Collects what is pressed while it taps a phone."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    async def sound(self, frame: Frame, due: float) -> None:
        """Only keys are wanted."""

    async def key(self, digit: str) -> None:
        self.queue.put_nowait(digit)


async def gather(conductor: Conductor, verb: Verb) -> Next:
    """What was pressed or said goes to `action` (or back to the document); nothing leads on, or there with empty digits."""
    kinds = verb.get("input", "dtmf").split()
    phone, keys = conductor.phone, Keys()
    while not phone.speech.empty():
        phone.speech.get_nowait()
    phone.taps.append(keys)
    prompts = asyncio.get_running_loop().create_task(_prompts(conductor, verb))
    try:
        found = await _gathered(conductor, verb, kinds, keys, prompts)
    finally:
        phone.taps.remove(keys)
        prompts.cancel()
        with suppress(asyncio.CancelledError):
            await prompts
    conductor.phone.record.reached("Gather")[-1].data.update(found)
    if found:
        return conductor.action(verb, found, default=True)
    if verb.flag("actionOnEmptyResult"):
        empty = {"Digits": ""} if "dtmf" in kinds else {"SpeechResult": ""}
        return conductor.action(verb, empty, default=True)
    return None


async def _prompts(conductor: Conductor, verb: Verb) -> None:
    await conductor.run(verb.children)


async def _gathered(
    conductor: Conductor, verb: Verb, kinds: list[str], keys: Keys, prompts: asyncio.Task[None]
) -> dict[str, str]:
    wanted = int(verb.number("numDigits", 0))
    finish = verb.get("finishOnKey", "#") if "finishOnKey" in verb.attributes else "#"
    seconds = verb.number("timeout", GATHER_SECONDS)
    digits = ""
    while True:
        first = not digits
        heard = await _next_input(conductor, kinds, keys, prompts if first else None, seconds)
        if heard is None:
            return {"Digits": digits} if digits else {}
        kind, value = heard
        if first:
            prompts.cancel()
        if kind == "speech":
            return {"SpeechResult": value, "Confidence": "0.9"}
        if value in finish:
            return {"Digits": digits, "FinishedOnKey": value} if digits else {}
        digits += value
        if wanted and len(digits) >= wanted:
            return {"Digits": digits}


async def _next_input(
    conductor: Conductor, kinds: list[str], keys: Keys, prompts: asyncio.Task[None] | None, seconds: float
) -> tuple[str, str] | None:
    """("dtmf" or "speech", what); None after so many seconds of nothing, counted from the end of the prompts."""
    loop = asyncio.get_running_loop()
    sources: dict[asyncio.Task[str], str] = {}
    if "dtmf" in kinds:
        sources[loop.create_task(keys.queue.get())] = "dtmf"
    if "speech" in kinds:
        sources[loop.create_task(conductor.phone.speech.get())] = "speech"
    try:
        if prompts is not None:
            await asyncio.wait({*sources, prompts}, return_when=asyncio.FIRST_COMPLETED)
        ends = now() + seconds
        while not any(task.done() for task in sources) and (now() < ends or conductor.phone.mouth.busy):
            await asyncio.wait(sources, timeout=max(0.02, ends - now()), return_when=asyncio.FIRST_COMPLETED)
        done = next((task for task in sources if task.done()), None)
        if done is None:
            return None
        if sources[done] == "speech":
            await asyncio.sleep(SPEECH_END_SECONDS)
        return sources[done], done.result()
    finally:
        for task in sources:
            task.cancel()


async def record(conductor: Conductor, verb: Verb) -> Next:
    """A message of the person: ends with a key, silence, `maxLength` or the call."""
    phone, exchange = conductor.phone, conductor.exchange
    if verb.flag("playBeep", default=True):
        await _sound(conductor, beep(), Verb("Play"))
    taken = exchange.recorder.begin(phone, channels=1, source="RecordVerb")
    keys, began = Keys(), now()
    phone.taps.append(keys)
    digits = ""
    try:
        digits = await _recorded(conductor, verb, keys, began)
    finally:
        phone.taps.remove(keys)
        exchange.recorder.finish(taken, phone, own_voice=True)
        if phone.over.is_set() and _spoke_since(conductor, began):
            # The person hung up: `action` is still told, its answer steers nothing.
            hung_up = {**_told(conductor, taken), "Digits": "hangup"}
            exchange.hooks.tell(
                "voice", phone.record.sid, conductor.absolute(verb.get("action")), {**conductor.params(), **hung_up},
                method=verb.get("method", "POST"), keep=phone.record.hooks,
            )  # fmt: skip
        exchange.recorder.report(phone, taken, conductor.absolute(verb.get("recordingStatusCallback")) if verb.get("recordingStatusCallback") else "")  # fmt: skip
    if not _spoke_since(conductor, began):
        return None
    return conductor.action(verb, {**_told(conductor, taken), "Digits": digits}, default=True)


async def _recorded(conductor: Conductor, verb: Verb, keys: Keys, began: float) -> str:
    """The key that ended it, or ""."""
    finish = verb.get("finishOnKey", ALL_KEYS)
    silence, longest = verb.number("timeout", RECORD_SILENCE), verb.number("maxLength", RECORD_LONGEST)
    last = began
    while now() - began < longest:
        if conductor.phone.mouth.busy:
            last = now()
        elif now() - last >= silence:
            return ""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                if (digit := await keys.queue.get()) in finish:
                    return digit
    return ""


def _spoke_since(conductor: Conductor, began: float) -> bool:
    return any(spoken.ended is None or spoken.ended >= began for spoken in conductor.phone.record.spoken)


def _told(conductor: Conductor, taken: RecordingRecord) -> dict[str, str]:
    return {
        "RecordingSid": taken.sid,
        "RecordingUrl": conductor.exchange.recorder.url(taken),
        "RecordingDuration": str(taken.seconds),
    }


VERBS: Final[Mapping[str, VerbRunner]] = {
    "Say": say,
    "Play": play,
    "Pause": pause,
    "Gather": gather,
    "Record": record,
    "Redirect": redirect,
    "Hangup": hang_up,
    "Leave": leave,
    "Reject": reject,
    "Connect": connect,
    "Dial": dial,
    "Enqueue": enqueue,
}
