from __future__ import annotations

from pathlib import Path

import pytest

from parley.lib.env import EnvironmentProblem, env_bool, env_int, env_list, env_secret, env_str


@pytest.mark.parametrize(
    ("word", "expected"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("false", False)]
)
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, word: str, expected: bool) -> None:
    monkeypatch.setenv("PARLEY_X", word)
    assert env_bool("PARLEY_X", not expected) is expected


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_X", " ")
    assert env_bool("PARLEY_X", True) is True
    assert env_int("PARLEY_X", 7) == 7
    assert env_str("PARLEY_X", "default") == "default"
    assert env_list("PARLEY_X", "a, b,,") == ["a", "b"]


def test_a_word_that_is_not_understood_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_X", "maybe")
    with pytest.raises(EnvironmentProblem, match="PARLEY_X must be yes or no, not 'maybe'"):
        env_bool("PARLEY_X", False)
    with pytest.raises(EnvironmentProblem, match="PARLEY_X must be a whole number, not 'maybe'"):
        env_int("PARLEY_X", 1)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="ascii")
    monkeypatch.setenv("PARLEY_X_FILE", str(tmp_path / "secret"))
    assert env_secret("PARLEY_X") == "s3cret"
    monkeypatch.setenv("PARLEY_X", "other")
    with pytest.raises(EnvironmentProblem, match="PARLEY_X or PARLEY_X_FILE, not both"):
        env_secret("PARLEY_X")
    monkeypatch.delenv("PARLEY_X")
    monkeypatch.setenv("PARLEY_X_FILE", str(tmp_path / "none"))
    with pytest.raises(EnvironmentProblem, match="cannot be read: No such file"):
        env_secret("PARLEY_X")
