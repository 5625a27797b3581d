"""Below hooks/twilio_messaging/. A sender's webhook at Twilio is `message`; `status` goes along with every message."""

from __future__ import annotations

from django.urls import path

from channels_io.kinds.twilio_messaging import views

urlpatterns = [
    path("<str:channel>/message/", views.message, name="twilio-message"),
    path("<str:channel>/status/", views.status, name="twilio-message-status"),
    path("<str:channel>/media/<str:ticket>/", views.media, name="twilio-message-media"),
]
