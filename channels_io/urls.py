"""Addresses of conversations and channels: Home, pages, the API's part, and those of the kinds."""

from __future__ import annotations

from django.urls import include, path

from channels_io.pages import channels, conversation, conversations, home, recording

app_name = "channels_io"

urlpatterns = [
    path("", home.home, name="home"),
    path("home/workers/", home.home_workers, name="home-workers"),
    path("conversations/", conversations.conversations, name="conversations"),
    path("conversations/<str:public_id>/", conversation.conversation, name="conversation"),
    path("conversations/<str:public_id>/export.json", conversation.export_json, name="export"),
    path("conversations/<str:public_id>/legs/<str:leg_id>/recording.wav", recording.recording, name="recording"),
    path("conversations/<str:public_id>/legs/<str:leg_id>/erase/", conversation.erase, name="erase"),
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.channel_new, name="channel-new"),
    path("channels/<str:public_id>/", channels.channel, name="channel"),
    path("channels/<str:public_id>/delete/", channels.channel_delete, name="channel-delete"),
    path("api/v1/", include("channels_io.kinds.api.urls")),
    path("api/v1/", include("channels_io.api.urls")),
    path("", include("channels_io.pages.talk_urls")),
]
