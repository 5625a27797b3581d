from __future__ import annotations

import base64

import pytest
from pytest_django.fixtures import Settings

from parley.lib.sealing import Sealer, Unsealable, sealer

OLD, NEW = "o" * 40, "n" * 40
PLACE = "secret ws_1 crm_key"


def test_a_secret_comes_back_and_is_not_seen_in_what_is_kept() -> None:
    sealed = Sealer([OLD]).seal("sk-live-canary ü", PLACE)
    assert Sealer([OLD]).unseal(sealed, PLACE) == "sk-live-canary ü"
    parts = [base64.urlsafe_b64decode(part) for part in sealed.split(".")[2:]]
    assert not any(b"canary" in part for part in [sealed.encode(), *parts])


def test_the_same_secret_looks_different_every_time() -> None:
    keys = Sealer([OLD])
    assert keys.seal("a", PLACE) != keys.seal("a", PLACE)


def test_a_secret_opens_in_its_own_place_only() -> None:
    keys = Sealer([OLD])
    with pytest.raises(Unsealable):
        keys.unseal(keys.seal("a", PLACE), "secret ws_2 crm_key")


def test_a_new_key_in_front_reads_old_secrets_and_takes_them_over() -> None:
    sealed = Sealer([OLD]).seal("a", PLACE)
    both = Sealer([NEW, OLD])
    assert both.unseal(sealed, PLACE) == "a"
    assert not both.is_current(sealed)
    moved = both.reseal(sealed, PLACE)
    assert both.is_current(moved)
    assert Sealer([NEW]).unseal(moved, PLACE) == "a"
    with pytest.raises(Unsealable):
        Sealer([NEW]).unseal(sealed, PLACE)
    with pytest.raises(Unsealable):
        Sealer([NEW]).reseal(sealed, PLACE)


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_damaged_secret_is_told_from_a_good_one(index: int) -> None:
    keys = Sealer([OLD])
    parts = keys.seal("a", PLACE).split(".")
    parts[index] = parts[index][:-6] + "AAAAAA"
    with pytest.raises(Unsealable):
        keys.unseal(".".join(parts), PLACE)


@pytest.mark.parametrize("sealed", ["", "plain text", "s1.a.b", "s2.a.b.c", "s1.x.!.!", "s1...."])
def test_what_is_no_sealed_text_is_refused(sealed: str) -> None:
    with pytest.raises(Unsealable):
        Sealer([OLD]).unseal(sealed, PLACE)


def test_short_keys_are_refused() -> None:
    for words in ([], ["short"], [OLD, ""]):
        with pytest.raises(ValueError, match="32 characters"):
            Sealer(words)


def test_the_installation_has_a_key_of_its_own(settings: Settings) -> None:
    assert sealer().unseal(sealer().seal("a", PLACE), PLACE) == "a"
    settings.PARLEY_SEALING_KEYS = [NEW]
    assert sealer().is_current(Sealer([NEW]).seal("a", PLACE))
