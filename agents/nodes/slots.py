"""Things to find out, as collect, form and extract nodes share them: their fields, and how they compile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from agents.fields import (
    ChoiceField,
    Field,
    ListField,
    NumberField,
    Option,
    SwitchField,
    TagsField,
    TextField,
    VariableField,
    When,
)
from agents.problems import Problem
from inference.nodes import Choice, Confirm, Slot, SlotKind

KEYS = tuple("0123456789*#")
RANGED = ("number", "digits", "spelling", "date", "time")
"""Kinds that may have a smallest and a largest."""

VARIABLE = VariableField(
    name="variable",
    label=_("Keep as"),
    help=_("The variable that holds the answer: {{day}} then stands for it in every text."),
    required=True,
)
SLOT_KIND = ChoiceField(
    name="kind",
    label=_("What it is"),
    help=_("Decides how the answer is understood, checked and read back."),
    required=True,
    options=(
        Option("text", _("Free text")),
        Option("name", _("Name of a person")),
        Option("phone", _("Telephone number")),
        Option("email", _("E-mail address")),
        Option("date", _("Day")),
        Option("time", _("Time of day")),
        Option("number", _("Number")),
        Option("address", _("Postal address")),
        Option("choice", _("One of a list")),
        Option("yes_no", _("Yes or no")),
        Option("digits", _("Digits, such as a customer number")),
        Option("spelling", _("Letters and digits, spelt")),
    ),
)
ASK = TextField(
    name="ask",
    label=_("Question"),
    help=_("Said word for word."),
    max_length=500,
    multiline=True,
    template=True,
    spoken=True,
    required=True,
)
SLOT_LABEL = TextField(
    name="label",
    label=_("Called"),
    help=_("What it is called when it is read back, such as “the day”. Empty: the variable's name."),
    max_length=60,
    advanced=True,
)
CHOICES = ListField(
    name="choices",
    label=_("Answers"),
    help=_("What the caller can choose from, with other words that mean the same."),
    max_items=30,
    required=True,
    title="value",
    item=_("answer"),
    when=When("kind", ("choice",)),
    fields=(
        TextField(
            name="value", label=_("Answer"), help=_("Kept, and understood when said."), max_length=60, required=True
        ),
        TextField(
            name="label",
            label=_("Said as"),
            help=_("When it sounds different from how it is kept."),
            max_length=80,
            advanced=True,
        ),
        TagsField(name="synonyms", label=_("Also"), help=_("Other words for it."), max_items=20, max_length=60),
        ChoiceField(
            name="key",
            label=_("Key"),
            help=_("The telephone key that means it."),
            max_length=1,
            empty=_("None"),
            options=tuple(Option(key, key) for key in KEYS),
        ),
    ),
)
CONFIRM = ChoiceField(
    name="confirm",
    label=_("Check the answer"),
    help=_("Ask whether a name or a number was heard right; dates and choices can be said in passing."),
    default="none",
    options=(
        Option("none", _("No")),
        Option("implicit", _("Say it in passing")),
        Option("explicit", _("Read it back and ask")),
    ),
)
RETRY = TextField(
    name="retry",
    label=_("When not understood"),
    help=_("Said instead of the question. Empty: the question again."),
    max_length=500,
    multiline=True,
    template=True,
    spoken=True,
    advanced=True,
)
ATTEMPTS = NumberField(
    name="attempts",
    label=_("Attempts"),
    help=_("After so many the path “Not understood” is taken."),
    minimum=1,
    maximum=6,
    whole=True,
    default=3,
    advanced=True,
)
SMALLEST = NumberField(
    name="minimum",
    label=_("At least"),
    help=_(
        "The smallest number, or the fewest digits or letters. "
        "For a day: days from today, 0 is today. For a time: hours of the day, 9.5 is half past nine."
    ),
    minimum=-100_000,
    maximum=1_000_000,
    empty=True,
    when=When("kind", RANGED),
    advanced=True,
)
LARGEST = NumberField(
    name="maximum",
    label=_("At most"),
    help=_(
        "The largest number, or the most digits or letters. "
        "For a day: days from today. For a time: hours of the day, 17.5 is half past five."
    ),
    minimum=-100_000,
    maximum=1_000_000,
    empty=True,
    when=When("kind", RANGED),
    advanced=True,
)
OPTIONAL = SwitchField(
    name="optional",
    label=_("May be left out"),
    help=_("“I don't know” is an answer too."),
    advanced=True,
)
MASKED = SwitchField(
    name="masked",
    label=_("Secret"),
    help=_("Never in a transcript, a log or a prompt: for card numbers and passwords."),
    advanced=True,
)
KEYPAD = SwitchField(
    name="keypad",
    label=_("Keys allowed"),
    help=_("The caller may type it on the telephone."),
    default=True,
    advanced=True,
)

SLOT_FIELDS: tuple[Field, ...] = (
    SLOT_KIND,
    VARIABLE,
    ASK,
    CHOICES,
    CONFIRM,
    RETRY,
    ATTEMPTS,
    SLOT_LABEL,
    SMALLEST,
    LARGEST,
    OPTIONAL,
    MASKED,
    KEYPAD,
)
EXTRACT_FIELDS: tuple[Field, ...] = (
    SLOT_KIND,
    VARIABLE,
    TextField(
        name="label",
        label=_("What to look for"),
        help=_("In words, such as “the reason of the call”."),
        max_length=120,
        required=True,
    ),
    CHOICES,
    SMALLEST,
    LARGEST,
    MASKED,
)


def slot_of(values: Mapping[str, Any]) -> Slot:
    """A slot from checked values; what is missing is as the field's blank says."""
    known = {field.name: values.get(field.name, field.blank()) for field in SLOT_FIELDS}
    kind = cast(SlotKind, known["kind"])
    ranged = kind in RANGED
    return Slot(
        name=known["variable"],
        kind=kind,
        ask=known["ask"].strip(),
        label=known["label"].strip() or known["variable"].replace("_", " ").strip(),
        choices=choices_of(known["choices"]) if kind == "choice" else (),
        confirm=cast(Confirm, known["confirm"]),
        retry=known["retry"].strip(),
        attempts=int(known["attempts"]),
        minimum=known["minimum"] if ranged else None,
        maximum=known["maximum"] if ranged else None,
        optional=known["optional"],
        masked=known["masked"],
        keypad=known["keypad"],
    )


def choices_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=row.get("value", ""),
            label=row.get("label", ""),
            synonyms=tuple(row.get("synonyms", ())),
            key=row.get("key", ""),
        )
        for row in rows
    )


def judge_choices(node: str, path: str, rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Two answers that one key or one word means."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for number, row in enumerate(rows):
        words = {
            str(word).casefold() for word in (row.get("value"), row.get("label"), *row.get("synonyms", ())) if word
        }
        for word in sorted({*words, str(row.get("key", ""))} - {""}):
            owner = seen.setdefault(word, str(row.get("value", "")))
            if owner != row.get("value", ""):
                message = _now("“%(word)s” already means “%(other)s”.") % {"word": word[:40], "other": owner[:40]}
                problems.append(Problem(node, f"{path}.{number}.value", "ambiguous", message))
    return problems


def judge_slot(node: str, values: Mapping[str, Any], path: str = "") -> list[Problem]:
    """A range that nothing fits into, answers that cannot be told apart."""
    problems: list[Problem] = []
    low, high = values.get("minimum"), values.get("maximum")
    if values.get("kind") in RANGED and low is not None and high is not None and low > high:
        message = _now("“At least” is larger than “At most”: no answer fits.")
        problems.append(Problem(node, f"{path}maximum", "empty_range", message))
    if values.get("kind") == "choice":
        problems += judge_choices(node, f"{path}choices", values.get("choices", []))
    return problems


def judge_slots(node: str, values: Mapping[str, Any]) -> list[Problem]:
    return [
        problem
        for number, item in enumerate(values.get("slots", []))
        for problem in judge_slot(node, item, f"slots.{number}.")
    ]
