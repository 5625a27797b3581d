"""A conversation of paper, and a model that says what the test wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from agents.after_call import AfterCall
from channels_io.after.material import Line, Material

TODAY = date(2026, 11, 23)


def talk(*said: str, settings: AfterCall | None = None, **more: Any) -> Material:
    """`said`: caller and agent in turn, the caller first; "person: ..." is a colleague, "agent: ..." the agent once more."""
    lines: list[Line] = []
    for number, text in enumerate(said):
        who, _, words = text.partition(": ")
        if who in ("caller", "agent", "person"):
            lines.append(Line(who, words))  # type: ignore[arg-type]  # one of the three, as just looked
        else:
            lines.append(Line("agent" if number % 2 else "caller", text))
    return Material(lines=tuple(lines), today=TODAY, settings=settings or AfterCall(), **more)


class Model:
    """Answers by the first word of its table that stands in the question; what is not there is answered with {}."""

    name = "paper"

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []

    def __call__(self, question: str, schema: Mapping[str, Any], *, max_tokens: int = 60) -> dict[str, Any]:
        self.asked.append(question)
        [name] = schema["properties"]
        for word, answer in self.answers.items():
            if word in question:
                return {name: answer}
        return {}
