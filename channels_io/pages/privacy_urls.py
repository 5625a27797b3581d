"""Addresses of the privacy rules, and of a look behind what they hide."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import privacy

urlpatterns = [
    path("privacy/", privacy.privacy, name="privacy"),
    path("turns/<str:public_id>/reveal/", privacy.reveal, name="reveal"),
]
