"""Writing from a program, over HTTP."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(name="api", label=_("API"), icon="api", media="text")
