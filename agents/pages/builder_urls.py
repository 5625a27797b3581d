"""Addresses below /agents/<id>/builder/ that the canvas talks to: docs/builder-data.md."""

from __future__ import annotations

from django.urls import path

from agents.pages.builder_data import builder_data_page, builder_flow
from agents.pages.builder_files import builder_export, builder_import
from agents.pages.builder_spoken import builder_spoken
from agents.pages.builder_versions import builder_diff, builder_publish, builder_restore, builder_versions

urlpatterns = [
    path("data/", builder_data_page, name="builder_data"),
    path("flow/", builder_flow, name="builder_flow"),
    path("publish/", builder_publish, name="builder_publish"),
    path("versions/", builder_versions, name="builder_versions"),
    path("diff/", builder_diff, name="builder_diff"),
    path("restore/", builder_restore, name="builder_restore"),
    path("export/", builder_export, name="builder_export"),
    path("import/", builder_import, name="builder_import"),
    path("spoken/", builder_spoken, name="builder_spoken"),
]
