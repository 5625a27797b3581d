from __future__ import annotations

import pytest
from django.db import models
from django.test.utils import isolate_apps

from parley.lib.ids import PATTERN, PublicIdField, new_id


def test_an_id_is_its_prefix_and_twenty_characters() -> None:
    public_id = new_id("ag")
    assert PATTERN.fullmatch(public_id)
    assert public_id.startswith("ag_")
    assert len(public_id) == 23


def test_ids_do_not_repeat() -> None:
    assert len({new_id("cv") for _ in range(2000)}) == 2000


@isolate_apps("parley")
def test_a_model_without_a_prefix_cannot_be_saved() -> None:
    class Nameless(models.Model):
        public_id = PublicIdField()

        class Meta:
            app_label = "parley"

        def __str__(self) -> str:
            return "nameless"

    with pytest.raises(TypeError, match="Nameless"):
        Nameless._meta.get_field("public_id").pre_save(Nameless(), add=True)
