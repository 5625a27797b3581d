"""What rules cannot tell and a model can: which of several things holds now, what a caller said of this and that.

A question is one bound decode: a letter for a choice, a JSON object for values. It stands in a short prompt of
its own, in a stream of its own: what the options are and what the agent said last is read while nobody waits,
so that the caller's words and a few signs are all that a choice adds to a turn, however large the flow is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

import msgspec

from inference.engines.base import ChatModel, ChatOptions, ChatStream, TextDelta, Usage, always
from inference.errors import EngineError
from inference.events import Message
from inference.nodes import Slot
from inference.obvious import obvious

LETTERS = ascii_uppercase + ascii_lowercase
MOST_OPTIONS = len(LETTERS) - 1
LINES_BEFORE = 2
"""Lines of the conversation before the caller's last words: "yes" says nothing without the question."""
LINE_CHARS = 300
WHOLE_CHARS = 3000
VALUE_CHARS = 120
VALUE_TOKENS = 24
CHOICE_RULES = "What does the caller want? Answer with one letter."
NONE = "something else"
_WHOLE = re.compile(r"(?:the|they|he|she|it)\b", re.IGNORECASE)
"""Options that are sentences as they are; the others begin with what the caller does."""
FILL_RULES = (
    "Below is part of a phone call between an agent and a caller. Copy what the caller said for each field into the "
    "JSON object, in the caller's own words. Use null for whatever the caller has not said."
)


@dataclass(frozen=True, slots=True)
class Talk:
    """What a question is about: the conversation's lines so far, and what the caller said last."""

    before: Sequence[Message]
    words: str = ""
    language: str = "en"

    @property
    def asked(self) -> str:
        """What the agent said last."""
        return next((line.text for line in reversed(self.before) if line.role == "assistant" and line.text), "")

    def told(self, most: int = LINES_BEFORE) -> list[str]:
        """The last lines of what was said aloud, as text."""
        names = {"assistant": "Agent", "user": "Caller"}
        lines = [f"{names[line.role]}: {_short(line.text)}" for line in self.before if line.role in names and line.text]
        return lines[-most:] if most else []


# --- a choice ---------------------------------------------------------------------------------------


def choice_prompt(options: Sequence[str], talk: Talk) -> list[Message]:
    """Its beginning, up to the caller's words, is the same whatever they are. "A" is none of the options."""
    statements = "\n".join(f"{letter}: {words}" for letter, words in zip(LETTERS, _statements(options), strict=False))
    lines = [*talk.told(), f"Caller: {_short(talk.words)}".strip()]
    return [Message("system", f"{CHOICE_RULES}\n\n{statements}"), Message("user", "\n".join(lines))]


def choice_grammar(left: Iterable[int]) -> str:
    """One letter: of an option that is `left`, or of none."""
    return "root ::= " + " | ".join(f'"{letter}"' for letter in (LETTERS[0], *(LETTERS[index + 1] for index in left)))


def chosen(answer: str, count: int) -> int | None:
    """The option that a letter means; None for the first letter, and for whatever an unbound model says instead."""
    letter = re.match(r"\W*([A-Za-z])\b", answer)
    place = LETTERS.find(letter[1]) - 1 if letter else -1
    return place if 0 <= place < count else None


def _statements(options: Sequence[str]) -> list[str]:
    return [NONE, *(option if _WHOLE.match(option) else f"The caller {option}" for option in options)]


# --- values -------------------------------------------------------------------------------------------


def fill_prompt(slots: Sequence[Slot], talk: Talk, *, whole: bool) -> list[Message]:
    fields = "\n".join(f"{slot.name}: {_described(slot)}" for slot in slots)
    lines = [*talk.told(0 if whole else LINES_BEFORE), f"Caller: {_short(talk.words)}"]
    if whole:
        said = talk.told(len(talk.before))
        lines = [*said, *lines[-1:]] if talk.words else said
    return [Message("system", f"{FILL_RULES}\n\n{fields}"), Message("user", "\n".join(lines)[-WHOLE_CHARS:])]


def fill_schema(slots: Sequence[Slot]) -> str:
    """A JSON schema of an object that has every slot, as text or null."""
    return json.dumps(
        {
            "type": "object",
            "properties": {slot.name: _value_schema(slot) for slot in slots},
            "required": [slot.name for slot in slots],
            "additionalProperties": False,
        }
    )


def filled(answer: str, slots: Sequence[Slot], said: str) -> dict[str, str]:
    """Slot name → words. What nobody said is left out: a small model would rather make up a name than say nothing."""
    try:
        found = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    if not isinstance(found, dict):
        return {}
    values = {slot.name: str(found.get(slot.name) or "").strip() for slot in slots}
    free = {slot.name for slot in slots if not slot.choices}
    return {name: words for name, words in values.items() if words and (name not in free or _was_said(words, said))}


def _described(slot: Slot) -> str:
    what = slot.label or slot.name.replace("_", " ")
    ask = f" ({slot.ask})" if slot.ask and "{{" not in slot.ask else ""
    return f"{what}, one of: {', '.join(choice.value for choice in slot.choices)}" if slot.choices else f"{what}{ask}"


def _value_schema(slot: Slot) -> dict[str, object]:
    if slot.choices:
        return {"enum": [*(choice.value for choice in slot.choices), None]}
    return {"anyOf": [{"type": "string", "maxLength": VALUE_CHARS}, {"type": "null"}]}


def _was_said(words: str, said: str) -> bool:
    wanted, there = _bare(words), set(_bare(said))
    return bool(wanted) and 2 * sum(word in there for word in wanted) >= len(wanted)


def _bare(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _short(text: str) -> str:
    return " ".join(text.split())[-LINE_CHARS:]


# --- the model's part ---------------------------------------------------------------------------------


class Judge:
    """One conversation's questions to its model. A model that fails raises EngineError."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._open = AsyncExitStack()
        self._stream: ChatStream | None = None

    async def aclose(self) -> None:
        self._stream = None
        await self._open.aclose()

    async def use(self, model: ChatModel) -> None:
        """Ask this model from now on."""
        await self.aclose()
        self._model = model

    async def choose(
        self,
        options: Sequence[str],
        talk: Talk,
        *,
        doubted: Collection[int] = (),
        awaited: Callable[[], bool] = always,
        usage: Callable[[Usage], None] = lambda usage: None,
    ) -> int | None:
        """Position of the option that holds now, None for none of them. Of very many only the first are looked at.

        What the words themselves make certain is not asked (`obvious.py`). An option that is `doubted` holds only if
        it also does when nothing else is offered.
        """
        options = options[:MOST_OPTIONS]
        verdict = obvious(options, talk.words, talk.asked, talk.language)
        if verdict.certain:
            return verdict.option
        bound = ChatOptions(temperature=0.0, max_tokens=1, grammar=choice_grammar(verdict.left), awaited=awaited)
        place = chosen(await self._answer(choice_prompt(options, talk), bound, usage), len(options))
        if place is None or place not in doubted or len(options) == 1:
            return place
        bound = ChatOptions(temperature=0.0, max_tokens=1, grammar=choice_grammar((0,)), awaited=awaited)
        alone = chosen(await self._answer(choice_prompt(options[place : place + 1], talk), bound, usage), 1)
        return place if alone is not None else None

    async def fill(
        self,
        slots: Sequence[Slot],
        talk: Talk,
        *,
        whole: bool = False,
        awaited: Callable[[], bool] = always,
        usage: Callable[[Usage], None] = lambda usage: None,
    ) -> dict[str, str]:
        """The caller's words for each slot, as far as there are any; of a choice its value."""
        tokens = VALUE_TOKENS * (len(slots) + 1)
        bound = ChatOptions(temperature=0.0, max_tokens=tokens, json_schema=fill_schema(slots), awaited=awaited)
        answer = await self._answer(fill_prompt(slots, talk, whole=whole), bound, usage)
        said = " ".join([talk.words, *(_lines_of_caller(talk.before) if whole else ())])
        return filled(answer, slots, said)

    async def ask(self, messages: Sequence[Message], options: ChatOptions) -> str:
        """Any other bound question, in the same stream."""
        return await self._answer(messages, options, lambda usage: None)

    async def read_ahead(self, options: Sequence[str], talk: Talk) -> None:
        """Have a choice's prompt read as far as it is known; a failure shows in the choice itself, if at all."""
        try:
            await (await self._chat()).prefill(choice_prompt(options[:MOST_OPTIONS], talk))
        except EngineError:
            return

    async def _answer(self, messages: Sequence[Message], options: ChatOptions, usage: Callable[[Usage], None]) -> str:
        text = ""
        async with aclosing((await self._chat()).reply(messages, (), options)) as deltas:
            async for delta in deltas:
                if isinstance(delta, TextDelta):
                    text += delta.text
                elif isinstance(delta, Usage):
                    usage(delta)
        return text

    async def _chat(self) -> ChatStream:
        if self._stream is None:
            self._stream = await self._open.enter_async_context(self._model.stream())
        return self._stream


def _lines_of_caller(lines: Iterable[Message]) -> list[str]:
    return [line.text for line in lines if line.role == "user"]


async def warm(model: ChatModel) -> None:
    """Have the model answer one bound question: what it must read of its vocabulary for that takes about a second."""
    judge = Judge(model)
    try:
        await judge.choose(("says yes",), Talk((), "Yes."))
    finally:
        await judge.aclose()
