"""Below /api/v1/. Names begin with `api-`; they live in the namespace channels_io."""

from __future__ import annotations

from django.urls import path

from channels_io.api import views

urlpatterns = [
    path("conversations/", views.ConversationList.as_view(), name="api-conversations"),
    path("conversations/<str:public_id>/", views.ConversationDetail.as_view(), name="api-conversation"),
    path(
        "conversations/<str:public_id>/legs/<str:leg_id>/recording.wav",
        views.RecordingFile.as_view(),
        name="api-recording",
    ),
    path("channels/", views.ChannelList.as_view(), name="api-channels"),
    path("channels/<str:public_id>/", views.ChannelDetail.as_view(), name="api-channel"),
]
