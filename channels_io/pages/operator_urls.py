"""Addresses of what a person does to a conversation, below the conversation's own. All take POST and answer JSON."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import operator

urlpatterns = [
    path("watch/", operator.watch, name="watch"),
    path("take-over/", operator.take, name="take-over"),
    path("give-back/", operator.give, name="give-back"),
    path("whisper/", operator.whispered, name="whisper"),
    path("say/", operator.said, name="say"),
    path("hold/", operator.held, name="hold"),
    path("transfer/", operator.transferred, name="transfer"),
    path("end/", operator.ended, name="end"),
]
