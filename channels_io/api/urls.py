"""Below /api/v1/. Names begin with `api-`; they live in the namespace channels_io."""

from __future__ import annotations

from django.urls import path

from channels_io.api import accounts, views

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
    path("channels/<str:public_id>/checks/", views.ChannelChecks.as_view(), name="api-channel-checks"),
    path("accounts/", accounts.AccountList.as_view(), name="api-accounts"),
    path("accounts/<str:public_id>/", accounts.AccountDetail.as_view(), name="api-account"),
    path("accounts/<str:public_id>/test/", accounts.AccountTest.as_view(), name="api-account-test"),
]
