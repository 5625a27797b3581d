"""A line inside this process: commands, the API and tests talk through it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_io.base import ChannelKind

KIND = ChannelKind(name="loopback", label=_("Command line"), icon="terminal", media="text")
