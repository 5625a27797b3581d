"""Every HTTP address, by assembly: each app brings its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from parley import docs, health

urlpatterns = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs.api_docs, name="api-docs"),
    path("", include("parley.accounts.urls")),
    path("", include("agents.urls")),
    path("", include("channels_io.urls")),
]

handler400 = "parley.errors.bad_request"
handler403 = "parley.errors.forbidden"
handler404 = "parley.errors.not_found"
handler500 = "parley.errors.internal"
