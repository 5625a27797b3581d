from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from channels_io import registry
from channels_io.base import ChannelKind
from channels_io.registry import UnknownKind, channel_kind, kinds, websocket_urlpatterns

FOREIGN = ChannelKind(name="pigeon", label="Pigeon", icon="flutter_dash", media="text")


def test_every_kind_loads_and_has_the_name_it_is_listed_under() -> None:
    assert [kind.name for kind in kinds()] == list(registry.KINDS)


def test_sockets_are_routed_by_kind() -> None:
    assert [str(route.pattern) for route in websocket_urlpatterns()] == [
        "ws/browser_voice/",
        "ws/web_chat/",
        "ws/twilio_voice/<str:channel>/",
    ]


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UnknownKind, match="browser_voice"):
        channel_kind("fax")


def test_a_package_adds_a_kind_but_replaces_none(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        EntryPoint(name, f"{__name__}:FOREIGN", registry.ENTRY_POINT_GROUP) for name in ("pigeon", "web_chat")
    )
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    registry.paths.cache_clear()
    try:
        assert registry.paths()["pigeon"] == f"{__name__}.FOREIGN"
        assert channel_kind("web_chat").name == "web_chat"
    finally:
        registry.paths.cache_clear()
