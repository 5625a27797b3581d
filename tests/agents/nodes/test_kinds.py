"""How each kind compiles, what it checks, which ports it has."""

from __future__ import annotations

from typing import Any

import pytest

from agents.nodes.registry import node_kind
from inference.nodes import (
    BranchNode,
    CallNode,
    Choice,
    CollectNode,
    EndNode,
    ExtractNode,
    FormNode,
    GoalNode,
    HandoffNode,
    KnowledgeNode,
    LanguageNode,
    MenuNode,
    MoveNode,
    Node,
    SayNode,
    SendNode,
    SetNode,
    Share,
    Slot,
    SplitNode,
    StartNode,
    SubflowNode,
    TransferNode,
    VerifyNode,
    WaitNode,
)

DAY = {"variable": "day", "kind": "date", "ask": "Which day?"}
TREATMENT = {
    "variable": "treatment",
    "kind": "choice",
    "ask": "What for?",
    "choices": [{"value": "check-up", "synonyms": ["examination"], "key": "1"}, {"value": "cleaning"}],
}

COMPILED: list[tuple[str, dict[str, Any], Node]] = [
    ("start", {}, StartNode("n")),
    ("say", {"text": " Hi {{name}}. "}, SayNode("n", "Hi {{name}}.")),
    ("say", {"text": "Listen.", "wait": True, "interruptible": False}, SayNode("n", "Listen.", True, False)),
    ("goal", {"prompt": "Answer."}, GoalNode("n", "Answer.")),
    (
        "goal",
        {"prompt": "Find out.", "tools": ["slots"], "expects": "free", "speaks_first": True, "max_turns": 3},
        GoalNode("n", "Find out.", ("slots",), "free", True, 3),
    ),
    ("collect", DAY, CollectNode("n", Slot("day", "date", "Which day?", "day"))),
    (
        "collect",
        {
            **DAY,
            "label": "the day",
            "confirm": "explicit",
            "retry": "Sorry?",
            "attempts": 2,
            "minimum": 0,
            "optional": True,
        },
        CollectNode(
            "n", Slot("day", "date", "Which day?", "the day", (), "explicit", "Sorry?", 2, 0, None, True, False, True)
        ),
    ),
    (
        "collect",
        {"variable": "hour", "kind": "time", "ask": "When?", "minimum": 8, "maximum": 17.5},
        CollectNode("n", Slot("hour", "time", "When?", "hour", minimum=8, maximum=17.5)),
    ),
    (
        "collect",
        TREATMENT,
        CollectNode(
            "n",
            Slot(
                "treatment",
                "choice",
                "What for?",
                "treatment",
                (Choice("check-up", synonyms=("examination",), key="1"), Choice("cleaning")),
            ),
        ),
    ),
    (
        "form",
        {"slots": [DAY, {"variable": "first_name", "kind": "name", "ask": "Name?"}], "summary": "{{day}}?"},
        FormNode(
            "n",
            (Slot("day", "date", "Which day?", "day"), Slot("first_name", "name", "Name?", "first name")),
            "{{day}}?",
        ),
    ),
    ("branch", {}, BranchNode("n")),
    (
        "menu",
        {"text": "Book or cancel?", "choices": [{"value": "book", "label": "Book", "key": "1"}, {"value": "cancel"}]},
        MenuNode("n", "Book or cancel?", (Choice("book", "Book", (), "1"), Choice("cancel"))),
    ),
    ("set", {"values": [{"variable": "a", "value": "{{b}}"}]}, SetNode("n", (("a", "{{b}}"),))),
    (
        "extract",
        {"slots": [{"variable": "reason", "kind": "text", "label": "the reason"}]},
        ExtractNode("n", (Slot("reason", "text", "", "the reason"),)),
    ),
    (
        "tool",
        {
            "tool": "slots",
            "arguments": [{"name": "day", "value": "{{day}}"}],
            "saying": "One moment.",
            "results": [{"variable": "free", "path": "0.time"}],
            "timeout": 4,
        },
        CallNode("n", "slots", (("day", "{{day}}"),), "One moment.", (("free", "0.time"),), 4.0),
    ),
    (
        "http",
        {
            "method": "POST",
            "url": "https://example.com/{{place}}",
            "headers": [{"name": "X-Day", "value": "{{day}}"}],
            "body": '{"who": "{{name}}", "day": "{{day}}"}',
        },
        CallNode("n", "node:n", (("place", "{{place}}"), ("name", "{{name}}"), ("day", "{{day}}")), "", (), 8.0, True),
    ),
    ("knowledge", {}, KnowledgeNode("n", "{{said}}", "found")),
    ("send", {"text": "Done."}, SendNode("n", "Done.", "sms")),
    (
        "send",
        {"text": "Done.", "channel": "email", "to": "{{mail}}", "saying": "I write to you."},
        SendNode("n", "Done.", "email", "{{mail}}", "I write to you."),
    ),
    (
        "move",
        {"text": "Go on here: {{link}}"},
        MoveNode("n", "Go on here: {{link}}", "sms", "Shall I send you a text message, so that we can go on there?"),
    ),
    (
        "move",
        {"text": "Hi.", "channel": "whatsapp", "ask": "", "goodbye": " Bye. ", "to": "{{phone}}", "saying": "Moment."},
        MoveNode("n", "Hi.", "whatsapp", "", "{{phone}}", "Moment.", "Bye."),
    ),
    (
        "verify",
        {},
        VerifyNode(
            "n",
            "Please tell me the six digits, or type them.",
            saying="I am sending you a code, to be sure that it is you.",
        ),
    ),
    (
        "verify",
        {
            "ask": "Code?",
            "channel": "whatsapp",
            "to": "{{phone}}",
            "anywhere": True,
            "saying": "",
            "retry": "Again?",
            "attempts": 2,
        },
        VerifyNode("n", "Code?", "whatsapp", "{{phone}}", True, "", "Again?", 2),
    ),
    ("transfer", {"target": "+35312345678"}, TransferNode("n", "+35312345678", "One moment, I put you through.")),
    (
        "transfer",
        {
            "to": "team",
            "team": "tm_1",
            "target": "+3531",
            "text": "",
            "reason": "{{topic}}",
            "skills": ["German"],
            "waiting": "talk",
        },
        TransferNode("n", "tm_1", to="team", reason="{{topic}}", skills=("german",), waiting="talk"),
    ),
    (
        "transfer",
        {"target": "sales", "text": "", "mode": "warm", "briefing": "{{name}}"},
        TransferNode("n", "sales", "", "{{name}}", "warm"),
    ),
    ("handoff", {"agent": "ag_x", "history": "none"}, HandoffNode("n", "ag_x", "", "none")),
    (
        "subflow",
        {
            "flow": "f",
            "inputs": [{"variable": "in", "value": "{{day}}"}],
            "outputs": [{"variable": "out", "inside": "found"}],
        },
        SubflowNode("n", "f", (("in", "{{day}}"),), (("out", "found"),)),
    ),
    ("language", {"language": "de"}, LanguageNode("n", "de")),
    ("language", {"language": "de", "voice": "piper/thorsten"}, LanguageNode("n", "de", "thorsten")),
    ("wait", {}, WaitNode("n", 2.0)),
    ("wait", {"seconds": 0.5, "text": "Hold on."}, WaitNode("n", 0.5, "Hold on.")),
    ("split", {}, SplitNode("n", (Share("A", 1.0), Share("B", 1.0)))),
    ("end", {}, EndNode("n", "Thank you for calling. Goodbye.", "completed")),
    ("end", {"text": "", "reason": "wrong_number"}, EndNode("n", "", "wrong_number")),
]


@pytest.mark.parametrize(("kind", "values", "expected"), COMPILED)
def test_compile(kind: str, values: dict[str, Any], expected: Node) -> None:
    known = node_kind(kind)
    assert known.compile is not None
    assert known.check("n", values) == []
    assert known.compile("n", known.whole(values)) == expected


def test_a_note_does_not_run() -> None:
    assert node_kind("note").compile is None


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("say", {}, "text", "required"),
    ("say", {"text": "x" * 2_001}, "text", "too_long"),
    ("goal", {"expects": "magic"}, "expects", "unknown_choice"),
    ("collect", {**DAY, "variable": ""}, "variable", "required"),
    ("collect", {**DAY, "variable": "the day"}, "variable", "bad_name"),
    ("collect", {**DAY, "ask": " "}, "ask", "required"),
    ("collect", {**DAY, "attempts": 9}, "attempts", "out_of_range"),
    ("collect", {**DAY, "minimum": 9, "maximum": 2}, "maximum", "empty_range"),
    ("collect", {**TREATMENT, "choices": []}, "choices", "required"),
    ("collect", {**TREATMENT, "choices": [{"value": ""}]}, "choices.0.value", "required"),
    ("collect", {**TREATMENT, "choices": [{"value": "a"}, {"value": "A"}]}, "choices.1.value", "repeated"),
    (
        "collect",
        {**TREATMENT, "choices": [{"value": "a", "key": "1"}, {"value": "b", "key": "1"}]},
        "choices.1.value",
        "ambiguous",
    ),
    ("collect", {**TREATMENT, "choices": [{"value": "a", "key": "x"}]}, "choices.0.key", "unknown_choice"),
    ("form", {}, "slots", "required"),
    ("form", {"slots": [DAY, DAY]}, "slots.1.variable", "repeated"),
    ("form", {"slots": [DAY, {**TREATMENT, "choices": []}]}, "slots.1.choices", "required"),
    ("menu", {"text": "Which?"}, "choices", "required"),
    (
        "menu",
        {"text": "Which?", "choices": [{"value": "a"}, {"value": "b", "synonyms": ["A"]}]},
        "choices.1.value",
        "ambiguous",
    ),
    ("set", {}, "values", "required"),
    ("set", {"values": [{"variable": "1a", "value": ""}]}, "values", "bad_name"),
    ("tool", {}, "tool", "required"),
    ("http", {}, "url", "required"),
    ("http", {"url": "ftp://example.com"}, "url", "scheme_refused"),
    ("http", {"url": "https://{{host}}/x"}, "url", "url_malformed"),
    ("http", {"url": "https://x.example", "auth": "bearer"}, "secret", "required"),
    ("http", {"url": "https://x.example", "method": "POST", "body": "{no json"}, "body", "body_not_json"),
    ("send", {}, "text", "required"),
    ("move", {}, "text", "required"),
    ("verify", {"ask": " "}, "ask", "required"),
    ("verify", {"channel": "email"}, "channel", "unknown_choice"),
    ("transfer", {}, "target", "required"),
    ("handoff", {}, "agent", "required"),
    ("subflow", {}, "flow", "required"),
    ("language", {}, "language", "required"),
    ("wait", {"seconds": 99}, "seconds", "out_of_range"),
    ("split", {"shares": []}, "shares", "required"),
    ("split", {"shares": [{"name": "A", "weight": 0}]}, "shares", "no_weight"),
]


@pytest.mark.parametrize(("kind", "values", "field", "code"), WRONG)
def test_problems_are_tied_to_the_field(kind: str, values: dict[str, Any], field: str, code: str) -> None:
    found = [(problem.node, problem.field, problem.code) for problem in node_kind(kind).check("n", values)]
    assert ("n", field, code) in found


def test_hidden_values_are_not_checked() -> None:
    assert node_kind("collect").check("n", {**DAY, "choices": []}) == []
    assert node_kind("collect").check("n", {**DAY, "kind": "text", "minimum": 9, "maximum": 2}) == []
    request = {
        "url": "https://x.example",
        "method": "GET",
        "body": "{no json",
        "auth": "none",
        "secret": "",
        "retries": 0,
    }
    assert node_kind("http").check("n", request) == []


PORTS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("start", {}, ["next"]),
    ("say", {"text": "Hi."}, ["condition", "next"]),
    ("say", {"text": "Hi.", "wait": True, "keys": ["1"]}, ["condition", "judged", "key:1", "silence", "next"]),
    ("goal", {}, ["judged", "condition", "silence"]),
    ("goal", {"max_turns": 4}, ["judged", "condition", "silence", "max_turns"]),
    ("branch", {}, ["condition", "judged", "else"]),
    (
        "menu",
        {"choices": [{"value": "book", "label": "Book"}, {"value": ""}, {"value": "book"}]},
        ["choice:book", "judged", "no_match", "silence", "else"],
    ),
    ("split", {}, ["split:A", "split:B"]),
    ("http", {}, ["success", "failure"]),
    ("move", {}, ["success", "declined", "failure"]),
    ("verify", {}, ["success", "failure"]),
    ("end", {}, []),
    ("note", {}, []),
]


@pytest.mark.parametrize(("kind", "values", "names"), PORTS)
def test_ports(kind: str, values: dict[str, Any], names: list[str]) -> None:
    assert [port.name for port in node_kind(kind).exits(values)] == names


def test_a_port_of_each_says_its_event_and_its_caption() -> None:
    port = node_kind("menu").exits({"choices": [{"value": "book", "label": "Book a table"}]})[0]
    assert (port.kind, port.event, port.label) == ("event", "choice:book", "Book a table")
