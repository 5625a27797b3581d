"""Addresses of the builder: pages under /agents/, /tools/ and /voices/, the API under /api/v1/agents/."""

from __future__ import annotations

from django.urls import include, path

from agents.pages.builder_files import agent_import
from agents.pages.builder_page import agent_builder
from agents.pages.create import agent_create, create_demo
from agents.pages.detail import agent_detail
from agents.pages.draft import agent_draft, undo_draft
from agents.pages.lifecycle import agent_archive, agent_duplicate, agent_unarchive
from agents.pages.list import agent_list
from agents.pages.preview import voice_preview
from agents.pages.publish import agent_publish
from agents.pages.versions import version_compare, version_detail, version_list, version_restore, version_spec

app_name = "agents"

urlpatterns = [
    path("agents/", agent_list, name="list"),
    path("agents/new/", agent_create, name="create"),
    path("agents/demo/", create_demo, name="demo"),
    path("agents/import/", agent_import, name="import"),
    path("agents/<str:public_id>/", agent_detail, name="detail"),
    path("agents/<str:public_id>/builder/", agent_builder, name="builder"),
    path("agents/<str:public_id>/draft/", agent_draft, name="draft"),
    path("agents/<str:public_id>/undo/", undo_draft, name="undo"),
    path("agents/<str:public_id>/publish/", agent_publish, name="publish"),
    path("agents/<str:public_id>/preview/", voice_preview, name="preview"),
    path("agents/<str:public_id>/duplicate/", agent_duplicate, name="duplicate"),
    path("agents/<str:public_id>/archive/", agent_archive, name="archive"),
    path("agents/<str:public_id>/unarchive/", agent_unarchive, name="unarchive"),
    path("agents/<str:public_id>/versions/", version_list, name="versions"),
    path("agents/<str:public_id>/versions/compare/", version_compare, name="compare"),
    path("agents/<str:public_id>/versions/<str:version_id>/", version_detail, name="version"),
    path("agents/<str:public_id>/versions/<str:version_id>/restore/", version_restore, name="restore"),
    path("agents/<str:public_id>/versions/<str:version_id>/spec.json", version_spec, name="spec"),
    path("agents/<str:public_id>/builder/", include("agents.pages.builder_urls")),
    path("tools/", include("agents.pages.tool_urls")),
    path("voices/", include("agents.pages.voice_urls")),
    path("api/v1/agents/", include("agents.api.urls")),
    path("api/v1/", include("agents.api.workspace_urls")),
]
