"""The schema of what a user fills in: one small class per kind of value.

A field does two things. `store` turns what arrived (form, JSON) into the value the draft keeps,
and refuses only what cannot be kept at all. `check` says what is wrong with a kept value before
it may be compiled. Forms, API, canvas, compile and documentation read the same fields.
"""

from __future__ import annotations

from agents.fields.base import STORE_ITEMS, STORE_LIMIT, Field, Finding, Found, Label, Refused, Stored, When
from agents.fields.choice import ChoiceField, Option, PicksField, SwitchField
from agents.fields.items import ListField, object_schema, shown, store_values
from agents.fields.number import NumberField
from agents.fields.rows import ArgumentsField, RowsField
from agents.fields.tags import TagsField
from agents.fields.text import TextField, VariableField

__all__ = [
    "STORE_ITEMS",
    "STORE_LIMIT",
    "ArgumentsField",
    "ChoiceField",
    "Field",
    "Finding",
    "Found",
    "Label",
    "ListField",
    "NumberField",
    "Option",
    "PicksField",
    "Refused",
    "RowsField",
    "Stored",
    "SwitchField",
    "TagsField",
    "TextField",
    "VariableField",
    "When",
    "object_schema",
    "shown",
    "store_values",
]
