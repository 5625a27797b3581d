"""A backup that is made is brought back, into a real PostgreSQL beside."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from parley.backup import archive, database
from parley.backup.archive import Manifest
from parley.backup.errors import BackupError
from parley.backup.work import Place, attempt, bring_back, make
from parley.embedded import embedded
from parley.lib.sealing import Sealer

KEY = "a-sealing-key-of-the-tests-" + "x" * 32
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A small database of its own: names, money, bytes, a key that counts, a reference."""
    with database.scratch(embedded().database_url, "backup_source") as source:
        with psycopg.connect(source, autocommit=True) as line:
            line.execute("CREATE TABLE person (id bigserial PRIMARY KEY, name text NOT NULL, facts jsonb)")
            line.execute(
                "CREATE TABLE call (id bigserial PRIMARY KEY, person bigint REFERENCES person, sound bytea, "
                "at timestamptz DEFAULT now())"
            )
            line.execute(
                "INSERT INTO person (name, facts) SELECT 'Zoë ' || n, '{\"n\": 1}' FROM generate_series(1, 50) n"
            )
            line.execute("INSERT INTO call (person, sound) SELECT id, decode('00ff', 'hex') FROM person")
        yield source


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    recordings, secrets = tmp_path / "var" / "recordings", tmp_path / "var" / "secrets"
    (recordings / "2026").mkdir(parents=True)
    (recordings / "2026" / "a.wav").write_bytes(b"sound" * 1000)
    secrets.mkdir(mode=0o700)
    (secrets / "sealing_key").write_text(KEY + "\n")
    return Place(url, recordings, secrets, "0.1.0", Sealer([KEY]).ids)


def fresh(place: Place, tmp_path: Path, url: str) -> Place:
    """Another installation, with nothing in it."""
    return replace(
        place, database_url=url, recordings=tmp_path / "new" / "recordings", secrets=tmp_path / "new" / "secrets"
    )


def test_whose_keys_are_missing_is_told_and_who_brings_them_is_not(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=True)
    with database.scratch(embedded().database_url, "backup_target") as target:
        elsewhere = replace(fresh(place, tmp_path, target), sealing_keys=("of another installation",))
        assert bring_back(elsewhere, file, replace=True, with_keys=False).unreadable
        assert not bring_back(elsewhere, file, replace=True, with_keys=True).unreadable


def contents(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as line:
        people = line.execute("SELECT id, name, facts::text FROM person ORDER BY id").fetchall()
        calls = line.execute("SELECT id, person, sound, at FROM call ORDER BY id").fetchall()
        following = line.execute("SELECT last_value FROM person_id_seq").fetchall()
    return [*people, *calls, *following]


def test_everything_comes_back_word_by_word(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "b.tar"
    made = make(place, file, with_keys=True, now=NOW)
    assert (made.rows, made.recordings, file.stat().st_mode & 0o777) == (100, 1, 0o600)
    with database.scratch(embedded().database_url, "backup_target") as target:
        new = fresh(place, tmp_path, target)
        restored = bring_back(new, file, replace=False, with_keys=True, now=NOW)
        assert contents(target) == contents(place.database_url)
    assert (restored.rows, restored.tables, restored.changed, restored.unreadable) == (100, 2, [], False)
    assert (new.recordings / "2026" / "a.wav").read_bytes() == b"sound" * 1000
    assert (new.secrets / "sealing_key").read_text() == f"{KEY}\n"
    assert (new.secrets / "sealing_key").stat().st_mode & 0o777 == 0o600


def test_keys_are_left_out_unless_asked_for(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False)
    with tarfile.open(file) as tar:
        assert tar.getnames() == ["database.dump", "recordings/2026/a.wav", "manifest.json"]


def test_a_database_with_something_in_it_is_kept_unless_it_is_to_be_replaced(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False)
    with database.scratch(embedded().database_url, "backup_target") as target:
        new = fresh(place, tmp_path, target)
        bring_back(new, file, replace=False, with_keys=False)
        with psycopg.connect(target, autocommit=True) as line:
            line.execute("DELETE FROM call")
        (new.recordings / "later.wav").write_bytes(b"later")
        with pytest.raises(BackupError, match="not empty"):
            bring_back(new, file, replace=False, with_keys=False)
        restored = bring_back(new, file, replace=True, with_keys=False, now=NOW)
    assert restored.rows == 100
    assert not (new.recordings / "later.wav").exists()
    assert (new.recordings.parent / "recordings.before-20261123T040000Z" / "later.wav").read_bytes() == b"later"


def test_a_trial_touches_nothing_and_says_what_was_written_meanwhile(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False)
    before = contents(place.database_url)
    tried = attempt(replace(place, sealing_keys=("another",)), file)
    assert (tried.rows, tried.changed, tried.unreadable) == (100, [], True)
    assert contents(place.database_url) == before


@pytest.mark.django_db
def test_our_own_tables_come_back(place: Place, tmp_path: Path) -> None:
    own = make_conninfo(embedded().database_url, dbname=str(connection.settings_dict["NAME"]))
    file = tmp_path / "b.tar"
    make(replace(place, database_url=own), file, with_keys=False)
    tried = attempt(replace(place, database_url=own), file)
    assert tried.tables == len(connection.introspection.table_names())
    assert tried.changed == []


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_damaged_file_is_refused_before_anything_is_touched(place: Place, tmp_path: Path, at: float) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False)
    data = bytearray(file.read_bytes()[: _end(file)])
    middle = int(len(data) * at)
    data[middle : middle + 4] = bytes(255 - byte for byte in data[middle : middle + 4])
    file.write_bytes(bytes(data))
    with pytest.raises(BackupError):
        archive.unpacked(file, tmp_path / "out")


def test_a_cut_file_is_refused(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False)
    file.write_bytes(file.read_bytes()[: _end(file) // 2])
    with pytest.raises(BackupError):
        archive.unpacked(file, tmp_path / "out")


def test_a_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    file, outside = tmp_path / "b.tar", tmp_path / "x"
    outside.write_text("x")
    with tarfile.open(file, "w") as tar:
        tar.add(outside, "../x")
    with pytest.raises(BackupError, match="leads out"):
        archive.unpacked(file, tmp_path / "out")


def test_a_form_of_the_future_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    with archive.written(file) as writer:
        writer.close(Manifest(99, "9", "2099-01-01T00:00:00+00:00", {}, ()))
    with pytest.raises(BackupError, match="form 99"):
        archive.unpacked(file, tmp_path / "out")


def test_what_fails_leaves_no_file(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "b.tar"
    with pytest.raises(BackupError):
        make(replace(place, database_url=make_conninfo(place.database_url, dbname="no_such")), file, with_keys=False)
    assert not file.parent.exists() or list(file.parent.iterdir()) == []


def test_a_password_is_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"host": "db", "password": "secret", "dbname": "parley", "user": "parley", "port": 5432}
    environment = database._environment(parts, {"PATH": "/bin", "PGPASSWORD": "of somebody else", "PGOPTIONS": "x"})
    assert environment == {
        "PATH": "/bin",
        "PGHOST": "db",
        "PGPASSWORD": "secret",
        "PGDATABASE": "parley",
        "PGUSER": "parley",
        "PGPORT": "5432",
    }


def test_the_manifest_is_readable_by_others(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make(place, file, with_keys=False, now=NOW)
    with tarfile.open(file) as tar:
        source = tar.extractfile("manifest.json")
        assert source is not None
        manifest = msgspec.json.decode(source.read())
    assert manifest["rows"] == {"call": 50, "person": 50}
    assert manifest["made"] == "2026-11-23T04:00:00+00:00"


def _end(file: Path) -> int:
    """Where the last member's data ends: a tar is filled up with zeros that nobody reads."""
    with tarfile.open(file) as tar:
        last = tar.getmembers()[-1]
    return last.offset_data + last.size
