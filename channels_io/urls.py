"""Addresses of conversations and channels: Home, pages, the API's part, and those of the kinds."""

from __future__ import annotations

from django.urls import include, path

from channels_io import registry
from channels_io.pages import analytics, conversation, home, recording

app_name = "channels_io"

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("channels_io.pages.worker_urls")),
    path("home/workers/", home.home_workers, name="home-workers"),
    path("", include("channels_io.pages.inbox_urls")),
    path("", include("channels_io.pages.team_urls")),
    path("", include("channels_io.pages.after_urls")),
    path("conversations/<str:public_id>/", conversation.conversation, name="conversation"),
    path("conversations/<str:public_id>/export.json", conversation.export_json, name="export"),
    path("conversations/<str:public_id>/legs/<str:leg_id>/recording.wav", recording.recording, name="recording"),
    path("conversations/<str:public_id>/legs/<str:leg_id>/erase/", conversation.erase, name="erase"),
    path("conversations/<str:public_id>/", include("channels_io.pages.operator_urls")),
    path("", include("channels_io.pages.pane_urls")),
    path("contacts/", include("channels_io.pages.contact_urls")),
    path("channels/", include("channels_io.pages.channel_urls")),
    *registry.webhook_urlpatterns(),
    path("api/v1/", include("channels_io.kinds.api.urls")),
    path("api/v1/", include("channels_io.api.urls")),
    path("", include("channels_io.pages.campaign_urls")),
    path("analytics/", analytics.analytics, name="analytics"),
    path("", include("channels_io.pages.privacy_urls")),
    path("", include("channels_io.pages.talk_urls")),
]
