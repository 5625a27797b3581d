"""Collect, form and menu: how answers are taken, confirmed, corrected and asked for again."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from inference.flow.sentences import sentence
from inference.flow.steps import Choose, Fill, Generate, Listen, Say
from inference.nodes import (
    Choice,
    CollectNode,
    Condition,
    Edge,
    EndNode,
    FormNode,
    GoalNode,
    MenuNode,
    SayNode,
    SetNode,
    Slot,
)
from tests.support.flows import MONDAY, Talk, flow_of

NAME = Slot("name", "name", "What is your name?", label="your name")
DAY = Slot("day", "date", "Which day?", label="the day")
HOUR = Slot("hour", "time", "What time?", label="the time")
PEOPLE = Slot("people", "number", "How many?", minimum=1, maximum=8)
PLACE = Choice("terrace", "the terrace", ("outside",), "1"), Choice("room", "the dining room", ("inside",), "2")
DONE = SayNode("done", "Done: {{name}} {{day}} {{hour}} {{people}} {{place}}.", wait=True)


def collect(slot: Slot, *edges: Edge, **rest: str) -> Talk:
    return Talk(
        flow_of(CollectNode("c", slot), DONE, EndNode("lost", "Lost."), edges=(Edge("c", "done"), *edges)), **rest
    )  # type: ignore[arg-type]


def form(*slots: Slot, summary: str = "", **rest: object) -> Talk:
    return Talk(flow_of(FormNode("f", slots, summary), DONE), **rest)  # type: ignore[arg-type]


def test_a_question_and_its_answer() -> None:
    talk = collect(DAY)
    assert talk.said == ["Which day?"]
    assert talk.step == Listen("date")
    talk.hear("Tuesday please")
    assert (talk.variables["day"], talk.node) == ("2026-11-24", "done")
    assert talk.count(Choose) == talk.count(Fill) == talk.count(Generate) == 0


def test_a_slot_without_a_question_is_asked_by_its_name() -> None:
    assert collect(Slot("party_size", "number")).said == ["What is party size?"]


def test_an_answer_that_is_none_is_asked_for_again_and_at_last_given_up() -> None:
    talk = collect(replace(DAY, retry="A day, please?"), Edge("c", "lost", "event", event="no_match"))
    assert talk.hear("Bananas") == talk.hear("Bananas") == "A day, please?"
    assert (talk.hear("Bananas"), talk.ended) == ("Lost.", "completed")


def test_without_an_edge_the_apology_ends_it() -> None:
    talk = Talk(flow_of(CollectNode("c", DAY)))
    assert talk.hear("Bananas") == talk.hear("Bananas") == "Sorry, I didn't catch that. Which day?"
    assert (talk.hear("Bananas"), talk.ended) == (sentence("apology", "en"), "no_match")


def test_a_value_that_is_not_allowed_is_told() -> None:
    talk = collect(PEOPLE)
    said = talk.hear("Twelve")
    assert said.endswith("How many?") and said != "How many?" and talk.node == "c"
    talk.hear("Four")
    assert talk.variables["people"] == "4"


def test_explicit_confirmation() -> None:
    talk = collect(replace(DAY, confirm="explicit"))
    assert "Tuesday" in talk.hear("Tuesday") and talk.step == Listen("yes_no", 1)
    assert "day" not in talk.variables
    assert talk.hear("No").endswith("Which day?")
    assert "Wednesday" in talk.hear("Wednesday")
    assert "Thursday" in talk.hear("No, Thursday")
    talk.hear("Yes, that's right")
    assert (talk.variables["day"], talk.node) == ("2026-11-26", "done")


def test_saying_it_once_more_confirms_and_so_do_keys() -> None:
    talk = collect(replace(DAY, confirm="explicit"))
    talk.hear("Tuesday")
    talk.hear("Tuesday")
    assert talk.node == "done"
    talk = collect(replace(DAY, confirm="explicit"))
    talk.hear("Tuesday")
    assert talk.press("2").endswith("Which day?")
    talk.hear("Friday")
    talk.press("1")
    assert talk.variables["day"] == "2026-11-27"


def test_implicit_confirmation_reads_back_in_passing() -> None:
    talk = form(replace(DAY, confirm="implicit"), HOUR)
    talk.hear("Tuesday")
    assert talk.steps[-3:-1] == [Say("Tuesday the 24th of November."), Say("What time?")]


def test_all_that_one_sentence_answers_is_taken() -> None:
    talk = form(NAME, DAY, HOUR)
    assert talk.said == ["What is your name?"]
    assert talk.hear("My name is Ona Lind and I'd like to come on Tuesday at half past three").startswith("Done:")
    assert (talk.variables["name"], talk.variables["day"], talk.variables["hour"]) == (
        "Ona Lind",
        "2026-11-24",
        "15:30",
    )


def test_what_was_said_before_the_form_is_not_asked_again() -> None:
    menu = MenuNode("m", "Book or cancel?", (Choice("book"), Choice("cancel")))
    edges = (
        Edge("m", "f", "event", event="choice:book"),
        Edge("m", "bye", "event", event="choice:cancel"),
        Edge("f", "done"),
    )
    talk = Talk(flow_of(menu, FormNode("f", (NAME, DAY, HOUR)), DONE, EndNode("bye", "Bye."), edges=edges))
    assert talk.hear("I'd like to book for Tuesday at four") == "What is your name?"
    talk.hear("Ona Lind")
    assert (talk.variables["day"], talk.variables["hour"], talk.node) == ("2026-11-24", "16:00", "done")


def test_a_question_after_the_next_uses_what_is_left_of_the_sentence() -> None:
    talk = Talk(flow_of(CollectNode("a", DAY), CollectNode("b", HOUR), DONE))
    talk.hear("Tuesday at half past three")
    assert (talk.variables["day"], talk.variables["hour"], talk.node) == ("2026-11-24", "15:30", "done")


def test_a_correction_inside_a_form() -> None:
    talk = form(DAY, HOUR, NAME)
    talk.hear("Tuesday")
    assert talk.hear("No, Wednesday") == "What time?"
    assert talk.variables["day"] == "2026-11-25"
    talk.hear("At four")
    assert talk.hear("Sorry, I meant half past five") == "What is your name?"
    assert talk.variables["hour"] == "17:30"


def test_a_correction_goes_back_to_an_earlier_question() -> None:
    talk = Talk(
        flow_of(CollectNode("a", DAY), SayNode("n", "Noted."), CollectNode("b", HOUR), CollectNode("c", NAME), DONE)
    )
    talk.hear("Tuesday")
    assert talk.hear("Actually, make that Friday") == "Noted. What time?"
    assert (talk.variables["day"], talk.node) == ("2026-11-27", "b")
    talk.hear("At four")
    assert talk.hear("Wait, I meant Thursday") == "Noted. What is your name?"
    assert (talk.variables["day"], talk.variables["hour"]) == ("2026-11-26", "16:00")


def test_a_correction_at_the_summary_goes_back_and_keeps_the_rest() -> None:
    place = Slot("place", "choice", "Where?", choices=PLACE)
    talk = Talk(
        flow_of(CollectNode("p", place), SayNode("n", "Noted."), FormNode("f", (NAME, DAY), "{{name}}, {{day}}?"), DONE)
    )
    talk.hear("The terrace")
    talk.hear("Ona Lind")
    talk.hear("Tuesday")
    assert talk.hear("Actually, the dining room instead").startswith("Noted. Ona Lind, Tuesday")
    talk.hear("Yes")
    assert (talk.variables["place"], talk.node) == ("room", "done")


def test_a_summary_is_confirmed_corrected_and_taken_apart() -> None:
    summary = "{{day}} at {{hour}}."
    talk = form(DAY, HOUR, summary=summary)
    talk.hear("Tuesday")
    assert talk.hear("half past three").endswith("Is that right?") and talk.step == Listen("yes_no", 1)
    assert "Wednesday" in talk.hear("No, Wednesday")
    assert talk.hear("No") == "What should I change?"
    assert talk.hear("The time").endswith("What time?")
    assert "Wednesday" in talk.hear("At five")
    talk.hear("Yes")
    assert (talk.variables["day"], talk.variables["hour"], talk.node) == ("2026-11-25", "17:00", "done")


def test_a_question_is_answered_and_asked_again() -> None:
    talk = collect(DAY)
    said = talk.hear("Are you open on Saturday?")
    assert said.startswith("[aside:") and said.endswith("Which day?") and "day" not in talk.variables
    talk.hear("Could I come on Saturday?")
    assert talk.variables["day"] == "2026-11-28"


@pytest.mark.parametrize(
    ("text", "node"), [("Where is my parcel?", "parcels"), ("Where's my order?", "parcels"), ("What time is it?", "m")]
)
def test_at_a_menu_a_question_names_what_is_wanted(text: str, node: str) -> None:
    parcels = Choice("order", "an order", ("my parcel", "order")), Choice("return", "a return")
    edges = (Edge("m", "parcels", "event", event="choice:order"), Edge("m", "done", "event", event="choice:return"))
    nodes = MenuNode("m", "An order or a return?", parcels, "wish"), SayNode("parcels", "Which?", wait=True), DONE
    talk = Talk(flow_of(*nodes, edges=edges))
    talk.hear(text)
    assert talk.node == node


def test_a_time_is_moved_by_an_amount() -> None:
    talk = form(DAY, HOUR, NAME, summary="{{name}}, {{day}} at {{hour}}. Is that right?")
    talk.hear("Tuesday at three")
    assert talk.hear("Could we make it an hour later?") == "What is your name?"
    assert talk.variables["hour"] == "16:00"
    talk.hear("No, a day earlier")
    assert (talk.variables["day"], talk.variables["hour"]) == ("2026-11-23", "16:00")
    assert talk.hear("Ona Lind").endswith("Is that right?")
    talk.hear("Yes, but half an hour later")
    assert (talk.variables["hour"], talk.node) == ("16:30", "f")
    talk.hear("Yes")
    assert talk.node == "done"


def test_a_move_beyond_what_is_allowed_is_told() -> None:
    talk = form(DAY, replace(HOUR, minimum=9, maximum=17), summary="{{day}} at {{hour}}. Is that right?")
    talk.hear("Tuesday at half four")
    assert "between" in talk.hear("An hour later, please")
    assert talk.variables["hour"] == "16:30"


def test_an_earlier_answer_is_moved_too() -> None:
    edges = (Edge("c", "n"), Edge("n", "done"))
    talk = Talk(flow_of(CollectNode("c", HOUR), CollectNode("n", PEOPLE), DONE, edges=edges))
    talk.hear("three")
    assert talk.hear("Sorry, make it an hour later") == "How many?"
    assert talk.variables["hour"] == "16:00"


@pytest.mark.parametrize("text", ["Actually, are you open on Friday?", "No, do you close on Fridays?"])
def test_a_question_takes_nothing_back(text: str) -> None:
    talk = Talk(flow_of(CollectNode("a", DAY), GoalNode("g", "Talk.")))
    talk.hear("Tuesday")
    assert talk.hear(text) == "[Talk.]"
    assert talk.hear("Actually, could I come on Friday instead?") == "[Talk.]"
    assert talk.variables["day"] == "2026-11-27"
    talk = form(DAY, summary="{{day}}?")
    talk.hear("Tuesday")
    assert "Tuesday" in talk.hear("Are you open on Friday?").removeprefix("[aside")


def test_an_answer_and_a_question_at_once() -> None:
    talk = form(DAY, HOUR)
    said = talk.hear("Tuesday. Do you take cards?")
    assert said.startswith("[aside: You are asking: “What time?”") and said.endswith("What time?")
    assert talk.variables["day"] == "2026-11-24"


def test_words_that_answer_nothing_may_mean_an_edge() -> None:
    talk = collect(DAY, Edge("c", "lost", "judged", label="the caller gives up"), choose="gives up")
    assert (talk.hear("Oh, forget it"), talk.ended) == ("Lost.", "completed")
    talk = collect(DAY, Edge("c", "lost", "judged", label="the caller gives up"), choose="gives up")
    talk.hear("Tuesday")
    assert (talk.node, talk.count(Choose)) == ("done", 0)


def test_the_model_finds_what_rules_do_not() -> None:
    talk = collect(Slot("name", "address", "Where do you live?"), fill={"name": "12 Garden Street, Leeds"})
    talk.hear("It's where the old mill was, you know")
    assert talk.count(Fill) == 1
    assert (talk.variables.get("name"), talk.node) == ("12 Garden Street, Leeds", "done")


def test_free_text_is_kept_as_it_was_said() -> None:
    talk = collect(Slot("name", "text", "What is it about?"))
    talk.hear("My left tooth hurts since Tuesday")
    assert talk.variables["name"] == "My left tooth hurts since Tuesday"


def test_an_optional_slot_may_stay_empty() -> None:
    talk = collect(replace(DAY, optional=True))
    talk.hear("I don't know")
    assert (talk.variables["day"], talk.node) == ("", "done")
    talk = collect(DAY)
    talk.hear("I don't know")
    assert talk.node == "c"
    talk = collect(Slot("name", "digits", "Your card number?", optional=True))
    talk.hear("I lost the card years ago")
    assert (talk.variables["name"], talk.node) == ("", "done")


def test_a_guess_is_confirmed_once() -> None:
    assert form(DAY, HOUR).said == ["Which day?"]
    talk = form(HOUR, DAY)
    assert "Is that right?" in talk.hear("in the morning")
    talk = form(HOUR, DAY, summary="{{day}} at {{hour}}?")
    assert talk.hear("in the morning") == "Which day?"
    assert "nine" in talk.hear("Tuesday")


def test_a_menu_by_words_by_key_and_by_the_model() -> None:
    edges = tuple(Edge("m", value, "event", event=f"choice:{value}") for value in ("terrace", "room"))
    nodes = MenuNode("m", "Inside or outside?", PLACE, "place"), EndNode("terrace", "Out."), EndNode("room", "In.")
    talk = Talk(flow_of(*nodes, edges=edges))
    assert talk.step == Listen("any", 1)
    assert (talk.hear("The terrace, please"), talk.variables["place"]) == ("Out.", "terrace")
    assert Talk(flow_of(*nodes, edges=edges)).hear("Could we sit on the terrace?") == "Out."
    assert Talk(flow_of(*nodes, edges=edges)).press("2") == "In."
    assert Talk(flow_of(*nodes, edges=edges)).press("9").endswith("Inside or outside?")
    assert Talk(flow_of(*nodes, edges=edges), choose="dining room").hear("Somewhere warm") == "In."


def test_keys_answer_where_they_may_and_take_their_edge_where_not() -> None:
    number = Slot("name", "digits", "Your number?", minimum=4, maximum=4, masked=True)
    talk = collect(number)
    assert talk.step == Listen("phone", 4, True)
    talk.press("1234")
    assert (talk.variables["name"], talk.state.said) == ("1234", "")
    talk = collect(replace(DAY, keypad=False), Edge("c", "lost", "event", event="key:0"))
    assert talk.press("0") == "Lost."


def test_silence_asks_again_and_then_leads_on() -> None:
    talk = collect(DAY, Edge("c", "lost", "event", event="no_match"))
    assert talk.wait() == "Which day?"
    assert talk.wait() == "Lost."


def test_what_is_known_is_not_asked_but_never_for_ever() -> None:
    talk = form(NAME, DAY, facts={"name": "Ona Lind"})
    assert talk.said == ["Which day?"]
    edges = (Edge("f", "again"), Edge("again", "f"))
    talk = Talk(flow_of(FormNode("f", (NAME, DAY)), SayNode("again", "That day is full."), edges=edges))
    talk.hear("Ona Lind")
    assert talk.hear("Tuesday") == "That day is full. What is your name?"


def test_a_form_entered_again_asks_what_was_emptied() -> None:
    edges = (Edge("f", "empty"), Edge("empty", "f"))
    talk = Talk(flow_of(FormNode("f", (NAME, DAY)), SetNode("empty", (("day", ""),)), edges=edges))
    talk.hear("Ona Lind")
    assert talk.hear("Tuesday") == "Which day?"


def test_conditions_come_first_when_a_question_is_answered() -> None:
    rows = (Condition("people", "greater", "6"),)
    talk = collect(PEOPLE, Edge("c", "lost", "condition", rows=rows))
    assert talk.hear("Seven of us") == "Lost."


def test_written_conversations_are_told_in_writing() -> None:
    talk = collect(replace(HOUR, confirm="explicit"), moment=dataclasses.replace(MONDAY, voice=False))  # type: ignore[arg-type]
    assert "15:30" in talk.hear("half past three")


@pytest.mark.parametrize("text", ["{{7*7}}", "{{''.__class__}}", "{name}", "${7*7}", "{% raw %}", "{{name}}"])
def test_what_a_caller_says_is_never_a_template(text: str) -> None:
    talk = collect(Slot("name", "text", "What is it about?"))
    assert talk.hear(text).startswith(f"Done: {text}")
    assert talk.variables["name"] == text


@pytest.mark.parametrize("text", ["hang on, let me find it", "uh just a sec", "Let me check my calendar."])
def test_a_caller_who_looks_for_something_is_given_time(text: str) -> None:
    talk = collect(DAY, Edge("c", "lost", "event", event="no_match"))
    assert [talk.hear(text) for _ in range(4)] == [sentence("take_time", "en")] * 4
    talk.hear("Tuesday")
    assert talk.variables["day"] == "2026-11-24"


def test_a_moment_and_an_answer_at_once_is_an_answer() -> None:
    talk = collect(DAY)
    talk.hear("hang on, Tuesday I think")
    assert talk.variables["day"] == "2026-11-24"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("oh, I have a meeting at three, can we do four", "hour", "16:00"),
        ("four would be better", "hour", "16:00"),
        ("Tuesday I'm away, Wednesday would work", "day", "2026-11-25"),
    ],
)
def test_at_the_summary_another_value_is_no_yes(text: str, name: str, value: str) -> None:
    talk = form(DAY, HOUR, summary="{{day}} at {{hour}}.")
    talk.hear("Tuesday at three")
    assert talk.hear(text).endswith("Is that right?")
    assert talk.variables[name] == value
