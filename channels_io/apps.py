from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsIoConfig(AppConfig):
    name = "channels_io"
    label = "channels_io"
    verbose_name = _("Conversations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from channels_io.workers import exposition

        exposition.register()
