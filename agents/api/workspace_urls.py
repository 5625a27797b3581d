"""Below /api/v1/: what belongs to the workspace and not to one agent."""

from __future__ import annotations

from django.urls import path

from agents.api.flows import NodeKindsView, TemplatesView
from agents.api.tools import ToolsView, ToolView

urlpatterns = [
    path("node-kinds/", NodeKindsView.as_view(), name="api-node-kinds"),
    path("templates/", TemplatesView.as_view(), name="api-templates"),
    path("tools/", ToolsView.as_view(), name="api-tools"),
    path("tools/<str:tool_id>/", ToolView.as_view(), name="api-tool"),
]
