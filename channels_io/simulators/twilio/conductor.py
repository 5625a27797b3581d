"""Walks one call through TwiML: asks for documents, runs verb after verb, and can be turned to another document meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from channels_io.simulators.twilio.hooks import NotHere, error_of
from channels_io.simulators.twilio.phone import Phone, now
from channels_io.simulators.twilio.records import Problem, VerbRecord
from channels_io.simulators.twilio.twiml import Document, TwimlError, Verb, parse

if TYPE_CHECKING:
    from channels_io.simulators.twilio.exchange import Exchange

API_VERSION = "2010-04-01"
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})
NO_XML, NO_TYPE, WARNING = 12100, 12300, 12200


@dataclass(frozen=True, slots=True)
class Goto:
    """Ask there for the next document."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    fallback: str = ""


class Finish:
    """The document says that the call ends here."""


class LeaveQueue:
    """<Leave>: out of the queue that the document is the wait music of."""


Next = Goto | Finish | LeaveQueue | None
"""None: on to the verb below."""
VerbRunner = Callable[["Conductor", Verb], Awaitable[Next]]


class Conductor:
    """`left`: set when the call was turned away from whatever it was doing for another call (a bridge, a whisper).

    `idle`: set while no document runs.
    """

    def __init__(self, phone: Phone, exchange: Exchange, verbs: Mapping[str, VerbRunner]) -> None:
        self.phone = phone
        self.exchange = exchange
        self.left = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self.url = ""
        """Of the document that runs: relative URLs and missing `action`s refer to it."""
        self._verbs = verbs
        self._turned: Goto | Document | None = None
        self._walking: asyncio.Task[None] | None = None

    async def conduct(self, first: Goto | Document) -> None:
        """Until the document is over, which hangs up, or the call is."""
        following: Goto | Document | None = first
        self.idle.clear()
        try:
            while following is not None and not self.phone.over.is_set():
                self._turned = None
                self._walking = asyncio.get_running_loop().create_task(self._to_the_end(following))
                over = asyncio.get_running_loop().create_task(self._wait_for_end())
                try:
                    await asyncio.wait({self._walking, over}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _stop(over)
                    walked = self._walking
                    await _stop(walked)
                if not walked.cancelled():
                    walked.result()
                following = self._turned
        finally:
            self.phone.end("twiml")
            self.idle.set()

    async def whisper(self, url: str, method: str) -> None:
        """To the end of a document that the other side does not hear."""
        await self.walk(Goto(url, method))

    async def aside(self, url: str, method: str, params: Mapping[str, str]) -> bool:
        """One round of wait music. True: it says to leave. What is wrong with it is noted and does not end the call."""
        where = self.url
        try:
            document = await self._read(Goto(self.absolute(url), method, params), fatal=False)
            following = None if document is None else await self.run(document.verbs)
            if isinstance(following, Goto):
                following = await self.walk(following)
            return isinstance(following, LeaveQueue)
        finally:
            self.url = where

    def turn(self, to: Goto | Document) -> None:
        """Drop what the call is doing and go there (REST: a live call is updated)."""
        self._turned = to
        self.left.set()
        if self._walking is not None and not self._walking.done():
            self._walking.cancel()
        else:
            self.exchange.spawn(self.conduct(to))

    async def walk(self, first: Goto | Document) -> Finish | LeaveQueue | None:
        """Through documents until one is over. Finish: it said so."""
        following: Next | Document = first
        while isinstance(following, Goto | Document):
            if isinstance(following, Goto):
                document = await self._read(following)
                if document is None:
                    return Finish()
            else:
                document = following
            for warning in document.warnings:
                self.problem(WARNING, warning)
            following = await self.run(document.verbs)
        return following

    async def run(self, verbs: tuple[Verb, ...]) -> Next:
        for index, verb in enumerate(verbs):
            record = VerbRecord(verb.name, now(), {**verb.attributes, **({"text": verb.text} if verb.text else {})})
            self.phone.record.verbs.append(record)
            if verb.name == "Reject" and index == 0 and not self.phone.answered.is_set():
                self.phone.end("twiml", "busy" if verb.get("reason") == "busy" else "no-answer")
                return Finish()
            if not _leaves_unanswered(verb, index):
                self.exchange.answer(self.phone)
            runner = self._verbs.get(verb.name)
            if runner is None:
                self.problem(WARNING, f"<{verb.name}> is not taken here.")
                continue
            following = await runner(self, verb)
            if following is not None:
                return following
        return None

    def action(self, verb: Verb, params: Mapping[str, str], *, default: bool = False) -> Goto | None:
        """Where `action` leads; without one to the document itself if `default`, else on to the verb below."""
        where = verb.get("action")
        if not where and not default:
            return None
        return Goto(urljoin(self.url, where), verb.get("method", "POST"), params)

    def absolute(self, url: str) -> str:
        return urljoin(self.url, url)

    def problem(self, code: int, message: str) -> None:
        self.phone.record.problems.append(Problem(code, message))

    def params(self) -> dict[str, str]:
        """What every request about this call carries."""
        return self.exchange.params(self.phone)

    async def _to_the_end(self, first: Goto | Document) -> None:
        await self.walk(first)

    async def _wait_for_end(self) -> None:
        await self.phone.over.wait()

    async def _read(self, goto: Goto, *, fatal: bool = True) -> Document | None:
        """None when there is nothing to run: the call ends with a problem."""
        try:
            hook = await self.exchange.hooks.ask(
                "voice",
                self.phone.record.sid,
                goto.url,
                {**self.params(), **goto.params},
                method=goto.method,
                fallback=goto.fallback,
                keep=self.phone.record.hooks,
            )
        except NotHere as error:
            return self._fail(11210, str(error), fatal)
        if self.phone.over.is_set():
            # A last request after the end (<Record> that was hung up on): its answer steers nothing.
            return Document()
        if not hook.ok:
            return self._fail(error_of(hook), f"{goto.url} answered {hook.status}", fatal)
        self.url = hook.url
        self.phone.record.documents.append(hook.answer)
        if hook.content_type.partition(";")[0].strip().lower() not in XML_TYPES:
            return self._fail(NO_TYPE, f"{goto.url} answered with the content type {hook.content_type!r}", fatal)
        try:
            return parse(hook.answer)
        except TwimlError as error:
            return self._fail(error.code, str(error), fatal)

    def _fail(self, code: int, message: str, fatal: bool) -> Document | None:
        """The caller hears that an application error has occurred; then the line is cut."""
        self.problem(code, message)
        if fatal:
            self.exchange.answer(self.phone)
            self.phone.end("problem")
        return None


def _leaves_unanswered(verb: Verb, index: int) -> bool:
    """Verbs at the head of a document that do not pick up."""
    if verb.name == "Dial" and verb.flag("answerOnBridge"):
        return True
    return index == 0 and verb.name in {"Pause", "Redirect", "Reject"}


async def _stop(task: asyncio.Task[None]) -> None:
    """Ends it and waits for that, even when cancelled meanwhile: what it holds open must be closed."""
    task.cancel()
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
