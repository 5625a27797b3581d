from __future__ import annotations

from django.urls import path

from agents.api.agents import AgentsView, AgentView, ArchiveView, DuplicateView, UnarchiveView
from agents.api.drafts import DraftView, PublishView
from agents.api.files import DiffView, ExportView, ImportView
from agents.api.flows import FlowView
from agents.api.versions import RestoreView, VersionsView, VersionView

urlpatterns = [
    path("", AgentsView.as_view(), name="api-agents"),
    path("import/", ImportView.as_view(), name="api-import"),
    path("<str:public_id>/", AgentView.as_view(), name="api-agent"),
    path("<str:public_id>/duplicate/", DuplicateView.as_view(), name="api-duplicate"),
    path("<str:public_id>/archive/", ArchiveView.as_view(), name="api-archive"),
    path("<str:public_id>/unarchive/", UnarchiveView.as_view(), name="api-unarchive"),
    path("<str:public_id>/draft/", DraftView.as_view(), name="api-draft"),
    path("<str:public_id>/flow/", FlowView.as_view(), name="api-flow"),
    path("<str:public_id>/export/", ExportView.as_view(), name="api-export"),
    path("<str:public_id>/diff/", DiffView.as_view(), name="api-diff"),
    path("<str:public_id>/publish/", PublishView.as_view(), name="api-publish"),
    path("<str:public_id>/versions/", VersionsView.as_view(), name="api-versions"),
    path("<str:public_id>/versions/<str:version_id>/", VersionView.as_view(), name="api-version"),
    path("<str:public_id>/versions/<str:version_id>/restore/", RestoreView.as_view(), name="api-restore"),
]
