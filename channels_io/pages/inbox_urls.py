"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import inbox, inbox_do, inbox_kept

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/rows/", inbox.inbox_rows_json, name="inbox-rows"),
    path("inbox/do/", inbox_do.inbox_do, name="inbox-do"),
    path("inbox/views/", inbox_kept.new_view, name="inbox-views"),
    path("inbox/views/order/", inbox_kept.sort_views, name="inbox-view-order"),
    path("inbox/views/<str:public_id>/", inbox_kept.change_view, name="inbox-view"),
    path("inbox/views/<str:public_id>/delete/", inbox_kept.remove_view, name="inbox-view-delete"),
    path("inbox/tags/", inbox_kept.new_tag, name="inbox-tags"),
    path("inbox/tags/<str:public_id>/", inbox_kept.change_tag, name="inbox-tag"),
    path("inbox/tags/<str:public_id>/delete/", inbox_kept.remove_tag, name="inbox-tag-delete"),
    path("conversations/", inbox.old_list, name="conversations"),
]
