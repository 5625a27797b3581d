"""A conversation goes on in another language: what the flow's Language node and the caller's own words both come to."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from inference.events import LanguageChanged
from inference.languages import Noticing, Spoken
from inference.live_state import LiveState
from inference.outbox import Outbox
from inference.serving import Serving


class LanguageChange:
    """Of one conversation. `listening` is told that the caller is to be understood in another language."""

    def __init__(
        self, state: LiveState, *, serving: Serving, outbox: Outbox, listening: Callable[[], None] = lambda: None
    ) -> None:
        self._state = state
        self._serving = serving
        self._outbox = outbox
        self._listening = listening
        self._noticing = Noticing()

    async def to(self, language: str, voice: str = "", *, turn: int, by: Spoken | None = None) -> None:
        """Understand and speak `language` from now on, in the voice that the agent has for it or in `voice`; "": as
        before. `by`: the words that it was noticed by."""
        before = self._state.spec
        self._state.speak(language, voice)
        spec = self._state.spec
        if (spec.language, spec.voice) == (before.language, before.voice):
            return
        await self._serving.change(spec)
        if spec.language != before.language:
            self._noticing.changed()
            self._listening()
        change = LanguageChanged(turn, spec.language, spec.voice)
        if by is not None:
            change = msgspec.structs.replace(change, by="caller", probability=round(by.probability, 3))
        self._outbox.put_now(change)

    async def resume(self) -> None:
        """An earlier leg has changed it: the voice may be another engine's."""
        await self._serving.change(self._state.spec)

    def wanted_by(self, spoken: Spoken | None) -> bool:
        """Whether these words would change the language, were they the whole turn."""
        current = self._state.spec.language
        return spoken is not None and self._noticing.next_language(current, spoken) != current

    async def follow(self, spoken: Spoken | None, turn: int) -> None:
        """Turn `turn` of the caller is over: go on in its language where there is reason enough."""
        if spoken is None:
            return
        current = self._state.spec.language
        if (language := self._noticing.heard(current, spoken)) != current:
            await self.to(language, turn=turn, by=spoken)
