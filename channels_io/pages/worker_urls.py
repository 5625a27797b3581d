"""Addresses of the workers: the page, places that are kept, and what machines ask."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import reserved_places, workers
from channels_io.workers import views

urlpatterns = [
    path("workers/", workers.workers, name="workers"),
    path("workers/live/", workers.workers_live, name="workers-live"),
    path("workers/drain/", workers.worker_drain, name="worker-drain"),
    path("workers/reserved/new/", reserved_places.reserved_new, name="reserved-new"),
    path("workers/reserved/<str:public_id>/", reserved_places.reserved, name="reserved"),
    path("workers/reserved/<str:public_id>/delete/", reserved_places.reserved_delete, name="reserved-delete"),
    path("workers/announce/", views.announce, name="worker-announce"),
    path("workers/wanted.json", views.wanted, name="workers-wanted"),
]
