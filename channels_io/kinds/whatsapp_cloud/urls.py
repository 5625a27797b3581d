"""Below hooks/whatsapp_cloud/. One address for the handshake, for messages and for statuses."""

from __future__ import annotations

from django.urls import path

from channels_io.kinds.whatsapp_cloud import views

urlpatterns = [
    path("<str:channel>/webhook/", views.webhook, name="whatsapp-webhook"),
]
