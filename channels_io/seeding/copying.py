"""Model rows into PostgreSQL by COPY: some ten times as fast as INSERT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql


def reserve(rows: Sequence[models.Model]) -> None:
    """Give each row its primary key from the table's own sequence."""
    if not rows:
        return
    table = type(rows[0])._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(rows)]
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key


def copy_rows(rows: Sequence[models.Model]) -> None:
    """All of one model; those without a key get one. Checks, signals and `save` are passed over."""
    if not rows:
        return
    reserve([row for row in rows if row.pk is None])
    options = type(rows[0])._meta
    fields: list[models.Field[Any, Any]] = list(options.concrete_fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(options.db_table), sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([field.get_db_prep_save(_value(row, field), connection) for field in fields])


def _value(row: models.Model, field: models.Field[Any, Any]) -> Any:
    """A row that says when it was created keeps that: what is invented of the past must not all be of this moment."""
    given = getattr(row, field.attname)
    if given is not None and getattr(field, "auto_now_add", False):
        return given
    return field.pre_save(row, True)
