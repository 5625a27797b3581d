"""What an operator tells the agent and the caller does not hear: how it gets into what the agent says next.

"Offer ten percent off" is something to say. A small model told so in the midst of a conversation obeys one time in
five; asked for nothing but the sentence, with a few examples, it always finds it. So the sentence is written by itself,
while nobody waits: it is said before the next fixed sentence of the flow, or behind the next answer of the model.

"Don't mention prices" is not to be said: it goes into the prompt behind the caller's words and stays in the history at
that place, so that nothing that was read before is read again, and it holds from there on.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import aclosing

from inference.draft import Draft
from inference.engines.base import ChatModel, ChatOptions, TextDelta
from inference.errors import EngineError
from inference.events import Message
from inference.live_state import LiveState
from inference.prompt import instruction
from inference.speaking import Speaking

log = logging.getLogger(__name__)

LATE_SECONDS = 6.0
"""How long a spoken reply waits at its end for the sentence. What was said before it is playing meanwhile."""
LATE_WRITTEN_SECONDS = 20.0
"""A written one: it may well be the first that runs since the instruction was given."""
MOST_TOKENS = 48
_TASK = "Turn the instruction for an agent into the one short sentence that the agent says to the caller."
_EXAMPLES = (
    ("tell you we close at six", "We close at six."),
    ("ask for the order number", "Could you give me your order number?"),
    ("offer you free delivery", "We can offer you free delivery."),
    ("apologise for the mistake", "I am sorry about the mistake."),
    ("ask whether you has an account", "Do you have an account with us?"),
    ("we can send you a copy", "We can send you a copy."),
)
_MANNERS = re.compile(
    r"^\W*(?:please\W+)?(?:do not|don['’]?t|never|avoid|stop|no more|be|speak|talk|keep|stay|slow|answer|use|if|when|"
    r"as soon as|only|always|nicht|niemals|vermeide|sprich|sei|bleib|wenn|falls|ne|évite|parle|sois|reste|si|no|nunca|"
    r"evita|habla|sé)\b",
    re.IGNORECASE,
)
"""How to talk, what not to say, or only in some case: that is no sentence to say now."""
_CALLER = (
    (
        re.compile(
            r"\bher(?= (?:own |full |first |last )?(?:name|address|number|phone|email|order|booking|appointment|account|date|card))"
            r"|\b(?:his|their|the (?:caller|customer)['’]s)\b",
            re.IGNORECASE,
        ),
        "your",
    ),
    (re.compile(r"\b(?:he|him|she|her|they|them|the (?:caller|customer))\b", re.IGNORECASE), "you"),
)
_NAMES = re.compile(r"(?<=\s)(?!I\b)[A-Z]\w+")
_SENTENCE = re.compile(r".+?[.!?](?=[\"”'’]*(?:\s|$))", re.DOTALL)


def can_be_said(text: str) -> bool:
    """Whether an instruction is something to say to the caller."""
    return bool(text) and not _MANNERS.match(text)


def first_sentence(text: str) -> str:
    """Of what the model wrote, without quotes."""
    words = " ".join(text.split()).strip("\"“”'` ")
    whole = _SENTENCE.match(words)
    return whole.group().strip('"“” ') if whole else words


def addressed(text: str) -> str:
    """With the caller as "you", as they will hear it; where somebody is named, "she" may be somebody else."""
    if _NAMES.search(text):
        return text
    for pattern, word in _CALLER:
        text = pattern.sub(word, text)
    return text


def request(text: str) -> list[Message]:
    """The prompt for the sentence: the same for all conversations up to the instruction itself."""
    examples = [line for told, said in _EXAMPLES for line in (Message("user", told), Message("assistant", said))]
    return [Message("system", _TASK), *examples, Message("user", addressed(text))]


class Whisper:
    """The instructions of one conversation on their way into what the agent says."""

    def __init__(
        self,
        state: LiveState,
        *,
        model: ChatModel,
        speaking: Speaking,
        tasks: asyncio.TaskGroup,
        late: float = LATE_SECONDS,
    ) -> None:
        """`late`: seconds that a reply waits at its end."""
        self._state = state
        self._late = late
        self._model = model
        self._speaking = speaking
        self._tasks = tasks
        self._writing: asyncio.Task[str] | None = None
        self._written_for: tuple[str, ...] = ()
        """The instructions that sentences were last asked for: once is enough."""
        self._awaited = False

    def use(self, model: ChatModel) -> None:
        """This one writes from now on."""
        self._model = model

    def prepare(self) -> None:
        """Write the sentences that are to be said. Never waits."""
        wanted = self._state.to_follow
        if wanted != self._written_for and any(can_be_said(text) for text in wanted):
            self.stop()
            self._written_for = wanted
            self._writing = self._tasks.create_task(self._write(wanted))

    def stop(self) -> None:
        """Nothing is to be said any more."""
        if self._writing is not None:
            self._writing.cancel()

    def follow(self, draft: Draft) -> Message | None:
        """The line that ends the prompt of `draft`; None: nothing is to be kept in mind that is not to be said."""
        wanted = self._state.to_follow
        new = [text for text in wanted[len(draft.reply.instructions) :] if self._failed or not can_be_said(text)]
        if not new:
            return None
        if len(new) == len(wanted):
            draft.reply.instructions = wanted
        line = instruction(" ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in new))
        draft.thought.lines.append(line)
        return line

    async def lead(self, draft: Draft) -> None:
        """Say what is to be said before a fixed sentence, if it is written. Raises EngineError."""
        if self._is_open(draft) and self._writing is not None and self._writing.done():
            await self._say(draft)

    async def tail(self, draft: Draft) -> None:
        """Say it at the end, if nothing that was said before has followed it. Raises EngineError.

        A sentence that comes too late for this reply is there for the next.
        """
        if not draft.reply.written or not self._is_open(draft):
            return
        await draft.gate.opening()
        self.prepare()
        written = self._writing
        if written is None or self._written_for != self._state.to_follow:
            return
        self._awaited = True
        try:
            await asyncio.wait([written], timeout=self._late)
        finally:
            self._awaited = False
        await self._say(draft)

    def _is_open(self, draft: Draft) -> bool:
        return len(self._state.to_follow) > len(draft.reply.instructions)

    @property
    def _sentence(self) -> str:
        """What was written for all that is to be followed; "" while it is not, or when it could not be."""
        written = self._writing
        if written is None or self._written_for != self._state.to_follow or not written.done() or written.cancelled():
            return ""
        return written.result()

    @property
    def _failed(self) -> bool:
        """The model could not write it: what is to be said is then left to its next answer."""
        done = self._writing is not None and self._writing.done() and self._written_for == self._state.to_follow
        return done and not self._sentence

    async def _say(self, draft: Draft) -> None:
        """It stays at hand until it was heard: a draft may be dropped."""
        if self._sentence:
            draft.reply.instructions = self._state.to_follow
            await self._speaking.say(draft, self._sentence, keep=False)

    async def _write(self, wanted: tuple[str, ...]) -> str:
        return " ".join([await self._sentence_for(text) for text in wanted if can_be_said(text)]).strip()

    async def _sentence_for(self, text: str) -> str:
        """ "" when the model fails."""
        options = ChatOptions(temperature=0.0, max_tokens=MOST_TOKENS, awaited=lambda: self._awaited)
        words = ""
        try:
            async with self._model.stream() as chat, aclosing(chat.reply(request(text), (), options)) as deltas:
                async for delta in deltas:
                    words += delta.text if isinstance(delta, TextDelta) else ""
        except EngineError as error:
            log.warning("No sentence was written for an instruction (%s): %s", error.code, error.message)
        return first_sentence(words)
