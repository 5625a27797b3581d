"""Addresses of cloned voices, below /voices/."""

from __future__ import annotations

from django.urls import path

from agents.pages.voices import (
    voice_delete,
    voice_detail,
    voice_hear,
    voice_list,
    voice_new,
    voice_rename,
    voice_sample,
)

urlpatterns = [
    path("", voice_list, name="voices"),
    path("new/", voice_new, name="voice-new"),
    path("<str:public_id>/", voice_detail, name="voice"),
    path("<str:public_id>/rename/", voice_rename, name="voice-rename"),
    path("<str:public_id>/delete/", voice_delete, name="voice-delete"),
    path("<str:public_id>/hear/", voice_hear, name="voice-hear"),
    path("<str:public_id>/sample/", voice_sample, name="voice-sample"),
]
