"""Below /api/v1/, before `channels_io.api.urls`: the list of conversations is answered here too."""

from __future__ import annotations

from django.urls import path

from channels_io.kinds.api import views

urlpatterns = [
    path("conversations/", views.Conversations.as_view(), name="api-conversations"),
    path("conversations/<str:public_id>/messages/", views.Messages.as_view(), name="api-messages"),
]
