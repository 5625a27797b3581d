"""Addresses of the conversation's pane."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import pane

urlpatterns = [
    path("conversations/<str:public_id>/pane/", pane.pane, name="pane"),
    path("conversations/<str:public_id>/pane/older/", pane.older_lines, name="pane-older"),
]
