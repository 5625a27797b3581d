from __future__ import annotations

import logging

import pytest

from parley.lib.logs import RedactingFormatter, redact


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("key pk_abcd2345_Zm9v-YmFy_x used", "key pk_[redacted] used"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted]"),
        ("GET /ws/browser_voice/?ticket=abc-DEF_123 101", "GET /ws/browser_voice/?ticket=[redacted] 101"),
        ('{"password": "hunter22", "x": 1}', '{"password": "[redacted]", "x": 1}'),
        ("postgresql://anna:p4ss@db/parley", "postgresql://anna:[redacted]@db/parley"),
        ("call from +49 170 1234567 ended", "call from [phone] ended"),
        ("call from +14155550123.", "call from [phone]."),
        (
            "HTTP GET /agents/ag_aaaa 200 [0.01, 127.0.0.1:58776]",
            "HTTP GET /agents/ag_aaaa 200 [0.01, 127.0.0.1:58776]",
        ),
        ("2026-11-22 08:45:51,328 took 1234 ms", "2026-11-22 08:45:51,328 took 1234 ms"),
    ],
)
def test_redact(line: str, expected: str) -> None:
    assert redact(line) == expected


def test_arguments_and_tracebacks_are_covered() -> None:
    formatter = RedactingFormatter("{message}", style="{")
    try:
        raise ValueError("no such number: +14155550123")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "token=%s", ("secret-value",), info)
    line = formatter.format(record)
    assert line.startswith("token=[redacted]\n")
    assert "+1415" not in line
    assert "secret-value" not in line
