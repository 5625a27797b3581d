from __future__ import annotations

import json
from typing import Any

import pytest

from agents.fields import Field, ListField, RowsField
from agents.nodes.base import COLOURS, GROUPS
from agents.nodes.registry import KINDS, node_kind, node_kinds


def all_fields(fields: tuple[Field, ...]) -> list[Field]:
    found: list[Field] = []
    for field in fields:
        found.append(field)
        if isinstance(field, ListField):
            found += all_fields(field.fields)
        elif isinstance(field, RowsField):
            found += field.columns
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_complete(kind: str) -> None:
    found = node_kind(kind)
    assert found.kind == kind
    assert all(str(text) for text in (found.label, found.summary, found.docs, found.icon))
    assert found.group in dict(GROUPS)
    assert all(str(field.label) and str(field.help) for field in found.fields)
    assert len({field.name for field in found.fields}) == len(found.fields)
    assert len({port.name for port in found.ports}) == len(found.ports)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_missing_value_counts_as_can_be_kept(kind: str) -> None:
    for field in all_fields(node_kind(kind).fields):
        blank = field.blank()
        assert field.store(blank).value == blank, field.name


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_shows_sometimes_depends_on_one_beside_it(kind: str) -> None:
    def check(fields: tuple[Field, ...]) -> None:
        names = {field.name for field in fields}
        for field in fields:
            assert field.when is None or field.when.field in names, field.name
            if isinstance(field, ListField):
                check(field.fields)

    check(node_kind(kind).fields)
    names = {field.name for field in node_kind(kind).fields}
    for port in node_kind(kind).ports:
        assert port.when is None or port.when.field in names
        assert not port.each or port.each in names


@pytest.mark.parametrize("kind", KINDS)
def test_the_description_is_data(kind: str) -> None:
    described = node_kind(kind).describe()
    assert json.loads(json.dumps(described)) == described
    assert described["colour"] in {*COLOURS.values(), "slate"}
    assert described["compiled"] is (kind != "note")
    assert described["once"] is (kind == "start")
    schema: dict[str, Any] = described["schema"]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {field["name"] for field in described["fields"]}


def test_listing() -> None:
    assert [kind.kind for kind in node_kinds()] == list(KINDS)


def test_unknown_kind() -> None:
    with pytest.raises(KeyError):
        node_kind("nothing")
