"""Which engines serve a conversation now, and the change to others in its midst: another agent names its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from inference.cloning import VoiceSample
from inference.engine_set import Engines
from inference.engines.base import ChatModel
from inference.errors import EngineError
from inference.judging import Judge
from inference.lending import LentService
from inference.listening import Listening
from inference.memory import Memory
from inference.speaking import Speaking
from inference.spec import AgentSpec
from inference.whisper import Whisper

log = logging.getLogger(__name__)

Names = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def names_of(spec: AgentSpec) -> Names:
    """Recognisers, language models and voices that an agent names, each in the order in which they are asked."""
    models, voice = spec.models, spec.voice
    return (
        (models.transcriber, *models.transcriber_then),
        (models.chat, *models.chat_then),
        (voice.engine, *voice.then),
    )


class Serving:
    """Those of one conversation who use an engine, and which ones they use."""

    def __init__(
        self,
        spec: AgentSpec,
        engines: Engines,
        *,
        listening: Listening,
        memory: Memory,
        judge: Judge,
        whisper: Whisper,
        speaking: Speaking,
    ) -> None:
        """`spec`: the agent that `engines` were chosen for."""
        self._names = names_of(spec)
        self._choose = engines.choose
        self._learn = engines.learn
        self._listening = listening
        self._memory = memory
        self._judge = judge
        self._whisper = whisper
        self._speaking = speaking

    async def change(
        self, spec: AgentSpec, lent: Sequence[LentService] = (), voices: Sequence[VoiceSample] = ()
    ) -> None:
        """This agent speaks from now on. Engines that both agents name stay as they are, with all they have read.

        `lent`: services that it may use beside those that the conversation was opened with. Where an engine cannot be
        had, the one before goes on. `voices`: samples of the cloned voices that it names.
        """
        if voices and self._learn is not None:
            await self._learn(spec, voices)
        names = names_of(spec)
        if names == self._names or self._choose is None:
            return
        try:
            transcriber, chat, synthesizer = self._choose(spec, lent)
        except EngineError as error:
            log.warning("%s goes on with the engines before it (%s): %s", spec.name, error.code, error.message)
            return
        before, self._names = self._names, names
        if names[0] != before[0]:
            self._listening.use(transcriber)
        if names[2] != before[2]:
            self._speaking.use(synthesizer)
        if names[1] != before[1]:
            # Whole, even when the caller speaks into it: the agent has changed already.
            await asyncio.shield(asyncio.ensure_future(self._think_with(chat)))

    async def _think_with(self, chat: ChatModel) -> None:
        self._whisper.use(chat)
        await self._memory.use(chat)
        await self._judge.use(chat)
