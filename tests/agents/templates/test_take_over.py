"""A person helps out in the middle of a booking: the agent asks for nothing that was said meanwhile."""

from __future__ import annotations

import json

from agents.evaluation.run import template_spec
from inference.events import Control, Media, ReplyDone, State, Text, ToolCall
from inference.ownership import TAKEN_OVER
from tests.inference.test_conversation import calling
from tests.inference.test_take_over import give, say, tell
from tests.inference.test_walk import write
from tests.support.engines import Scripted, ScriptedChat


async def test_a_dental_booking_goes_on_with_what_is_missing() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["B", json.dumps({"reason": None})]))
    async with calling(scripted, template_spec("dental_booking"), media=Media("text")) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        asked = await write(caller, "I would like an appointment, my name is Peter Hill.")
        assert asked == "What is it for: a check-up, a cleaning, a filling or whitening?"
        caller.conversation.hear(Control("owner", "human"))
        await caller.until(lambda: TAKEN_OVER in caller.of(State)[-1].snapshot.history)
        await say(caller, "Can I talk to you about the day first?")
        await tell(caller, "Of course, this is Tom. Which day suits you best, Mr Hill?")
        await say(caller, "Next Tuesday would be good.")
        await tell(caller, "Tuesday it is. Would three o'clock be all right?")
        await say(caller, "Yes, that is fine.")
        answers = [await give(caller)]
        answers.append(await write(caller, "A check-up, please."))
        answers.append(await write(caller, "It is 07700 900123."))
        answers.append(await write(caller, "Yes."))
        assert answers[:2] == [asked, "And your phone number?"]
        assert answers[-1].startswith("A check-up on Tuesday")
        assert "for Peter Hill" in answers[-1]
        caller.conversation.hear(Text("Yes."))
        await caller.until(lambda: caller.of(ToolCall))
        assert caller.of(ToolCall)[-1].name == "node:look_up"
        known = caller.of(State)[-1].snapshot.variables
    assert (known["reason"], known["name"], known["time"]) == ("check-up", "Peter Hill", "15:00")
    asked_for = [line.text for line in caller.of(State)[-1].snapshot.history if line.role == "assistant"]
    assert not [text for text in asked_for if "Which day suits you?" in text or "At what time" in text]
    assert not [text for text in asked_for if "What is your name" in text]
