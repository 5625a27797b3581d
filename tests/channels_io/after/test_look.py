"""What a conversation came to: the flow's word first, the model's where it stands, nothing invented."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agents.after_call import AfterCall, Outcome, Wanted, WantedKind
from channels_io.after.fields import find_fields
from channels_io.after.look import look_at
from channels_io.after.outcome import find_mood, find_outcome, was_contained
from channels_io.after.promises import find_promises
from channels_io.after.summary import write_summary
from channels_io.after.unanswered import find_unanswered, is_question
from tests.channels_io.after.conftest import Model, talk

BOOKED = Outcome("Booked", "An appointment was made.", True, ("booked", "Booked, message sent"))
ANSWERED = Outcome("Answered", "A question was answered.", True)
OPEN = Outcome("Not solved", "Nothing came of it.")
SETTINGS = AfterCall(outcomes=(BOOKED, ANSWERED, OPEN))


class TestOutcome:
    def test_a_step_that_was_reached_decides_without_the_model(self) -> None:
        model = Model({"": "C"})
        for step in ("booked", "booked, message sent"):
            material = talk("A cleaning, please.", settings=SETTINGS, reached=frozenset({step}))
            assert find_outcome(material, model) is BOOKED
        assert model.asked == []

    def test_the_model_chooses_among_those_that_no_step_decides(self) -> None:
        model = Model({"How did": "B"})
        assert find_outcome(talk("When do you open?", settings=SETTINGS), model) is OPEN
        assert "Booked" not in model.asked[0]

    @pytest.mark.parametrize("answer", ["Z", None, 3, "AB"])
    def test_a_model_that_says_nothing_of_use_decides_nothing(self, answer: Any) -> None:
        assert find_outcome(talk("When?", settings=SETTINGS), Model({"How did": answer})) is None

    def test_where_the_flow_ended_unresolved_no_solution_is_offered(self) -> None:
        model = Model({"How did": "A"})
        assert find_outcome(talk("When?", settings=SETTINGS, flow_end="unresolved"), model) is OPEN

    @pytest.mark.parametrize(
        ("outcome", "more", "contained"),
        [
            (ANSWERED, {}, True),
            (OPEN, {"end_reason": "agent_ended"}, False),
            (None, {"end_reason": "agent_ended"}, True),
            (None, {"end_reason": "hangup"}, False),
            (None, {"end_reason": "agent_ended", "flow_end": "unresolved"}, False),
            (ANSWERED, {"handed_over": True}, False),
            (ANSWERED, {"failed": True}, False),
        ],
    )
    def test_contained_is_a_rule(self, outcome: Outcome | None, more: dict[str, Any], contained: bool) -> None:
        assert was_contained(talk("Hello.", **more), outcome) is contained


class TestMood:
    def test_the_model_is_believed_unless_the_words_say_the_opposite(self) -> None:
        assert find_mood(talk("I see. Goodbye."), Model({"feel": "C"})) == "negative"
        assert find_mood(talk("This is ridiculous, I am really annoyed!"), Model({"feel": "B"})) == "negative"
        assert find_mood(talk("Wonderful, thank you so much!"), Model({"feel": "C"})) == "positive"
        assert find_mood(talk("Monday, please."), None) == "neutral"


def wanted(name: str, kind: WantedKind = "text", description: str = "", *choices: str) -> AfterCall:
    return AfterCall(fields=(Wanted(name, kind, description, choices),))


class TestFields:
    def test_what_the_flow_knows_is_taken_in_its_type_and_the_model_is_not_asked(self) -> None:
        model = Model({"": "nonsense"})
        known = {"guests": "4", "day": "2026-11-24", "waits": "yes", "reason": "Cleaning", "name": "Ann"}
        settings = AfterCall(
            fields=(
                Wanted("guests", "number"),
                Wanted("day", "date"),
                Wanted("waits", "yes_no"),
                Wanted("reason", "choice", "", ("cleaning", "filling")),
                Wanted("name"),
            )
        )
        found = find_fields(talk("Hello.", settings=settings, known=known), model)
        assert found == {"guests": 4.0, "day": "2026-11-24", "waits": True, "reason": "cleaning", "name": "Ann"}
        assert model.asked == []

    @pytest.mark.parametrize(
        ("wish", "answer", "found"),
        [
            (wanted("name"), "Peter Hill", "Peter Hill"),
            (wanted("name"), "Peter Miller", None),
            (wanted("name"), "null", None),
            (wanted("name"), "unknown", None),
            (wanted("guests", "number"), 25, 25.0),
            (wanted("guests", "number"), 26, None),
            (wanted("guests", "number"), "many", None),
            (wanted("day", "date"), "2026-11-24", "2026-11-24"),
            (wanted("day", "date"), "2026-11-26", None),
            (wanted("day", "date"), "Tuesday", None),
            (wanted("party", "yes_no", "Whether it is a birthday"), "yes", True),
            (wanted("pain", "yes_no", "Whether they are in pain"), "yes", None),
            (wanted("kind", "choice", "", "birthday", "wedding"), "B", "birthday"),
            (wanted("kind", "choice", "", "wedding", "funeral"), "A", None),
            (wanted("kind", "choice", "", "birthdays", "wedding"), "A", "birthdays"),
            (wanted("kind", "choice", "", "birthdays", "wedding"), "B", None),
            (wanted("kind", "choice", "", "Peter", "Hill"), "B", "Hill"),
            (wanted("kind", "choice", "", "Peter", "Hill"), "C", None),
        ],
    )
    def test_what_the_model_says_stands_only_where_it_was_said(self, wish: AfterCall, answer: Any, found: Any) -> None:
        material = talk(
            "A table next Tuesday for twenty five, it is a birthday.",
            "And your name?",
            "Peter Hill.",
            settings=wish,
        )
        [name] = [field.name for field in wish.fields]
        assert find_fields(material, Model({"": answer})).get(name) == found

    def test_nothing_masked_is_asked_for_or_found(self) -> None:
        model = Model({"": "4711"})
        material = talk("My code is •••.", settings=wanted("pin"), known={}, masked=frozenset({"pin"}))
        assert find_fields(material, model) == {}
        assert model.asked == []
        assert find_fields(talk("It is •••.", settings=wanted("secret")), Model({"": "•••"})) == {}


class TestSummary:
    def test_only_sentences_that_stand_are_kept(self) -> None:
        model = Model({"Summarise": "The caller wants a cleaning on Tuesday. Doctor Novak charges 300 dollars for it."})
        material = talk("I would like a cleaning on Tuesday.", "Tuesday is fine.")
        assert write_summary(material, model, None, {}) == "The caller wants a cleaning on Tuesday."

    def test_without_one_it_is_taken_from_the_conversation(self) -> None:
        model = Model({"Summarise": "Everything went well with the insurance company and its paperwork."})
        material = talk("Hello.", "How can I help?", "I would like a cleaning on Tuesday.")
        summary = write_summary(material, model, ANSWERED, {"day": "2026-11-24", "pain": False, "guests": 2.0})
        assert summary == (
            "The caller: “I would like a cleaning on Tuesday.” Known: day: 2026-11-24, pain: no, guests: 2. Outcome: Answered."
        )
        assert write_summary(material, None, None, {}) == "The caller: “I would like a cleaning on Tuesday.”"


class TestUnanswered:
    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("How much is a crown?", True),
            ("do you take insurance", True),
            ("Can I book an appointment?", False),
            ("Could you please repeat that?", False),
            ("I would like a cleaning.", False),
            ("Really?", False),
        ],
    )
    def test_what_is_a_question(self, text: str, question: bool) -> None:
        assert is_question(text) is question

    def test_what_the_agent_did_not_know(self) -> None:
        material = talk(
            "How much is a crown?",
            "I don't know that price. Shall I take a message?",
            "When do you open?",
            "At nine.",
            "And how much is a crown?",
            "I do not have that information.",
            "Do you have a car park?",
        )
        assert find_unanswered(material, None) == [
            "How much is a crown?",
            "And how much is a crown?",
            "Do you have a car park?",
        ]

    def test_a_model_is_asked_only_where_the_reply_shares_nothing_with_the_question(self) -> None:
        model = Model({"parking": "B", "pets": "A"})
        material = talk(
            "Where is the parking garage?", "Wonderful, shall we go on?", "Are pets welcome?", "Sure thing!", "When do you open?",
            "We open early.",
        )  # fmt: skip
        assert find_unanswered(material, model) == ["Where is the parking garage?"]
        assert len(model.asked) == 2


class TestPromises:
    @pytest.mark.parametrize(
        ("said", "due"),
        [
            ("The team calls you back within the hour.", date(2026, 11, 23)),
            ("A technician will call you tomorrow.", date(2026, 11, 24)),
            ("We will send you the papers by Friday.", date(2026, 11, 27)),
            ("I've passed your message on, and somebody will contact you.", None),
        ],
    )
    def test_what_has_still_to_be_done(self, said: str, due: date | None) -> None:
        [promise] = find_promises(talk("Please.", said))
        assert (promise.text, promise.due_on) == (said, due)

    @pytest.mark.parametrize(
        "said",
        [
            "Shall somebody call you back?",
            "One moment, I will put you through.",
            "Would you like us to call you back?",
            "We open at nine.",
            "I will check that, let me see.",
            "caller: I will call you back tomorrow.",
        ],
    )
    def test_what_is_an_offer_or_done_at_once(self, said: str) -> None:
        assert find_promises(talk("Please.", said)) == []

    def test_what_was_sent_is_no_promise_any_more_and_each_counts_once(self) -> None:
        talked = (
            "Please.",
            "I will send you a text. A colleague will call you.",
            "Fine.",
            "A colleague will call you!",
        )
        assert [each.text for each in find_promises(talk(*talked, wrote_to=True))] == ["A colleague will call you."]
        assert len(find_promises(talk(*talked))) == 2

    def test_of_a_person_too(self) -> None:
        [promise] = find_promises(talk("Please.", "person: I'll call you back this afternoon."))
        assert promise.due_on == date(2026, 11, 23)


def test_without_a_model_there_is_still_all_that_rules_can_say() -> None:
    material = talk(
        "How much is a crown?", "I don't know. The team calls you back tomorrow.", "Terrible.",
        settings=SETTINGS, reached=frozenset({"booked"}), end_reason="hangup",
    )  # fmt: skip
    found = look_at(material, None)
    assert (found.outcome, found.sentiment, found.contained, found.model) == ("Booked", "negative", True, "")
    assert found.unanswered == ["How much is a crown?"]
    assert [promise.due_on for promise in found.promises] == [date(2026, 11, 24)]
    assert found.summary.startswith("The caller: “How much is a crown?”")
