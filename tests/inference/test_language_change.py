"""A conversation that goes on in the caller's language: scripted engines, virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from inference.engine_set import Engines
from inference.engines.base import ChatModel, EngineInfo, Synthesizer, Transcriber, Transcript
from inference.events import Control, ConversationState, Heard, LanguageChanged, Message, ReplyDone, State
from inference.lending import LentService
from inference.nodes import FlowSpec, GoalNode, LanguageNode
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec
from tests.inference.test_conversation import Caller, Growing, calling
from tests.inference.test_walk import START, line
from tests.support.engines import Scripted, ScriptedSynthesizer

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    instructions="You are A.",
    flow=FlowSpec("talk", (GoalNode("talk", ""),)),
    voice=VoiceSpec(language="en"),
    languages=(LanguageSpec("de", VoiceSpec(name="anna", language="de")),),
    notices_language=True,
)
GERMAN = Transcript("Ich möchte gerne einen Termin.", 0.9, language="de", language_probability=0.95)
ENGLISH = Transcript("I would like to speak English.", 0.9, language="en", language_probability=0.97)
TOLD = Message("system", "From now on speak German.")
LONG = 2000
"""Milliseconds of a sentence."""


async def turn(caller: Caller, number: int, milliseconds: int = LONG) -> None:
    await caller.speak(milliseconds)
    await caller.play_out(number)


async def test_one_clear_sentence_and_its_answer_is_in_that_language_and_voice() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [GERMAN, "Morgen."]
    scripted.chat.script = ["Sehr gerne.", "Gut."]
    async with calling(scripted, SPEC) as caller:
        await turn(caller, 1)
        heard = caller.of(Heard)[0]
        assert (heard.text, heard.language, heard.language_probability) == (GERMAN.text, "de", 0.95)
        assert caller.of(LanguageChanged) == [
            LanguageChanged(1, "de", VoiceSpec(name="anna", language="de"), "caller", 0.95)
        ]
        assert scripted.synthesizer.spoken == [("anna", "Sehr gerne.")]
        assert scripted.chat.prompts == [
            [Message("system", "You are A."), Message("system", "Now: noon"), Message("user", GERMAN.text), TOLD]
        ]
        assert caller.of(State)[-1].snapshot.language == "de"
        assert [(each.language, each.languages) for each in scripted.transcriber.opened] == [
            ("en", ("en", "de")),
            ("de", ("de", "en")),
        ]
        await turn(caller, 2)
        assert scripted.synthesizer.spoken[1:] == [("anna", "Gut.")]
        assert scripted.chat.prompts[-1].count(TOLD) == 1


async def test_an_answer_begun_in_the_old_language_is_never_asked_for() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=[GERMAN], lines=["I'm a kid again", "I'm a kid again in"])
    scripted.chat.script = ["Sehr gerne."]
    async with calling(scripted, SPEC) as caller:
        await caller.speak(LONG, pause=140)
        assert scripted.chat.prompts == []
        await caller.speak(0, pause=300)
        await caller.play_out(1)
        assert caller.said(1) == "Sehr gerne."
    assert len(scripted.chat.prompts) == 1


async def test_a_mumble_changes_nothing() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [
        Transcript("Ja.", 0.5, language="de", language_probability=0.99),
        Transcript("Johann Sebastian Bach.", 0.9, language="de", language_probability=0.99),
    ]
    scripted.chat.script = ["Pardon me?", "Thank you."]
    async with calling(scripted, SPEC) as caller:
        await turn(caller, 1, 640)
        await turn(caller, 2)
        assert caller.of(LanguageChanged) == []
        assert {voice for voice, _ in scripted.synthesizer.spoken} == {"heart"}
        assert caller.of(State)[-1].snapshot.language == ""
    assert len(scripted.transcriber.opened) == 1


async def test_the_caller_may_go_back_and_the_model_is_told() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [GERMAN, ENGLISH]
    scripted.chat.script = ["Gerne.", "Gladly."]
    async with calling(scripted, SPEC) as caller:
        await turn(caller, 1)
        await turn(caller, 2)
        assert [changed.language for changed in caller.of(LanguageChanged)] == ["de", "en"]
        assert scripted.synthesizer.spoken == [("anna", "Gerne."), ("heart", "Gladly.")]
        assert scripted.chat.prompts[-1][-1] == Message("system", "From now on speak English.")
        assert scripted.chat.prompts[-1][0] == scripted.chat.prompts[0][0], "the head stays in the cache"


async def test_nobody_looks_where_nobody_is_to() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?"]
    async with calling(scripted, msgspec.structs.replace(SPEC, notices_language=False)) as caller:
        await turn(caller, 1)
        assert (caller.of(Heard)[0].language, caller.of(LanguageChanged)) == ("", [])
    assert [each.languages for each in scripted.transcriber.opened] == [()]


async def test_while_a_person_talks_the_agents_language_stays() -> None:
    scripted = Scripted()
    scripted.transcriber.script = [GERMAN]
    async with calling(scripted, SPEC) as caller:
        caller.conversation.hear(Control("owner", "human"))
        await caller.speak(LONG)
        await caller.until(lambda: caller.of(Heard))
        assert caller.of(LanguageChanged) == []


async def test_another_leg_goes_on_in_the_language() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Noch etwas."]
    scripted.chat.script = ["Ja?"]
    history = (Message("user", GERMAN.text), TOLD, Message("assistant", "Gerne."))
    state = ConversationState(history=history, turn=1, greeted=True, language="de")
    async with calling(scripted, SPEC, state=state) as caller:
        await turn(caller, 2)
        assert scripted.synthesizer.spoken == [("anna", "Ja?")]
        assert scripted.chat.prompts[-1].count(TOLD) == 1
    assert scripted.transcriber.opened[0].language == "de"


async def test_what_the_model_was_told_is_told_again_where_it_was_forgotten() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Noch etwas."]
    state = ConversationState(history=(Message("assistant", "Gerne."),), turn=1, greeted=True, language="de")
    async with calling(scripted, SPEC, state=state) as caller:
        await turn(caller, 2)
    assert TOLD in scripted.chat.prompts[-1]


@dataclass
class Chosen:
    """Engines by name, and for which voices they were chosen."""

    scripted: Scripted
    german: ScriptedSynthesizer = field(default_factory=ScriptedSynthesizer)
    asked: list[str] = field(default_factory=list)

    def choose(self, spec: AgentSpec, lent: Sequence[LentService]) -> tuple[Transcriber, ChatModel, Synthesizer]:
        self.asked.append(spec.voice.engine)
        voice = self.german if spec.voice.engine == "coqui" else self.scripted.synthesizer
        return self.scripted.transcriber, self.scripted.chat, voice

    def engines(self) -> Engines:
        return replace(self.scripted.engines(), choose=self.choose)


OTHER_ENGINE = msgspec.structs.replace(SPEC, languages=(LanguageSpec("de", VoiceSpec("coqui", "anna", language="de")),))


async def test_the_voice_of_a_language_may_be_another_engines() -> None:
    chosen = Chosen(Scripted())
    chosen.scripted.transcriber.script = [GERMAN, ENGLISH]
    chosen.scripted.chat.script = ["Gerne.", "Gladly."]
    async with calling(chosen.scripted, OTHER_ENGINE, engines=chosen.engines()) as caller:
        await turn(caller, 1)
        await turn(caller, 2)
    assert chosen.german.spoken == [("anna", "Gerne.")]
    assert chosen.scripted.synthesizer.spoken == [("heart", "Gladly.")]
    assert chosen.asked == ["coqui", "hibari"]


async def test_a_leg_that_goes_on_in_the_language_begins_with_its_engine() -> None:
    chosen = Chosen(Scripted())
    chosen.scripted.chat.script = ["Gerne."]
    chosen.scripted.transcriber.script = [GERMAN]
    state = ConversationState(turn=1, greeted=True, language="de")
    async with calling(chosen.scripted, OTHER_ENGINE, state=state, engines=chosen.engines()) as caller:
        await turn(caller, 2)
    assert chosen.german.spoken == [("anna", "Gerne.")]


async def test_the_flows_language_node_goes_the_same_way() -> None:
    chosen = Chosen(Scripted())
    spec = line(
        START,
        LanguageNode("german", "de", "", "Guten Tag."),
        GoalNode("talk", "Help."),
        languages=OTHER_ENGINE.languages,
        voice=VoiceSpec(language="en"),
    )
    async with calling(chosen.scripted, spec, engines=chosen.engines()) as caller:
        await caller.play_out(0)
        assert chosen.german.spoken == [("anna", "Guten Tag.")]
        assert caller.of(LanguageChanged) == [
            LanguageChanged(0, "de", VoiceSpec("coqui", "anna", language="de"), "flow", 0.0)
        ]
        assert caller.of(ReplyDone)[0].text == "Guten Tag."


async def test_where_the_languages_engine_is_not_here_another_voice_speaks() -> None:
    scripted = Scripted()
    scripted.synthesizer.info = EngineInfo("hibari", "synthesizer", "hibari", voices=("heart",))
    scripted.transcriber.script = [GERMAN]
    scripted.chat.script = ["Gerne."]
    async with calling(scripted, OTHER_ENGINE) as caller:
        await turn(caller, 1)
        assert caller.of(LanguageChanged)[0].language == "de"
    assert scripted.synthesizer.spoken == [("heart", "Gerne.")]
