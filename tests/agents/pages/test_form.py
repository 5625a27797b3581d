"""What the drop-downs of an agent's settings offer."""

from __future__ import annotations

import pytest

from agents.engines import EngineMenu, EngineOffer, ServiceOffer
from agents.pages.form import model_options

SMALL, LARGE = EngineOffer("llama_cpp", "chat", "small"), EngineOffer("vllm", "chat", "large")
CLOUD = ServiceOffer("provider:pv_1", "A cloud", chat=True)
SEVERAL = "Default (of the worker that answers)"


@pytest.mark.parametrize(
    ("offers", "current", "shown"),
    [
        ((), "default", [("default", "Default")]),
        ((SMALL,), "default", [("default", "Default (small)")]),
        ((SMALL,), "small", [("default", "Default (small)"), ("small", "small")]),
        ((SMALL, LARGE), "default", [("default", SEVERAL), ("small", "small"), ("large", "large")]),
    ],
)
@pytest.mark.parametrize("services", [(), (CLOUD,)])
def test_every_model_can_be_chosen_by_name_where_there_are_several(
    offers: tuple[EngineOffer, ...], current: str, shown: list[tuple[str, str]], services: tuple[ServiceOffer, ...]
) -> None:
    found = model_options(EngineMenu(offers, live=True, services=services), current)
    assert [(option.value, option.label) for option in found] == [
        *shown,
        *((each.engine, each.name) for each in services),
    ]
