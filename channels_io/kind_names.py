"""How a channel or leg kind is called and drawn. The registry knows the talking kinds."""

from __future__ import annotations

from django.utils.translation import gettext as _

from channels_io.registry import UnknownKind, channel_kind
from channels_io.widget_settings import WIDGET_KIND


def kind_label(name: str) -> str:
    if name == WIDGET_KIND:
        return _("Web widget")
    try:
        return str(channel_kind(name).label)
    except UnknownKind:
        return name


def kind_icon(name: str) -> str:
    """Name of a Material Symbol."""
    if name == WIDGET_KIND:
        return "web"
    try:
        return channel_kind(name).icon
    except UnknownKind:
        return "forum"
