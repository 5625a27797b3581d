"""Addresses of tools and secrets, below /tools/."""

from __future__ import annotations

from django.urls import path

from agents.pages.providers import provider_delete, provider_detail, provider_list, provider_try
from agents.pages.secrets import secret_delete, secret_list
from agents.pages.tool_test import tool_test
from agents.pages.tools import tool_delete, tool_detail, tool_list, tool_new

urlpatterns = [
    path("", tool_list, name="tools"),
    path("new/", tool_new, name="tool-new"),
    path("test/", tool_test, name="tool-test"),
    path("secrets/", secret_list, name="secrets"),
    path("secrets/<str:public_id>/delete/", secret_delete, name="secret-delete"),
    path("services/", provider_list, name="providers"),
    path("services/<str:public_id>/", provider_detail, name="provider"),
    path("services/<str:public_id>/try/", provider_try, name="provider-try"),
    path("services/<str:public_id>/delete/", provider_delete, name="provider-delete"),
    path("<str:public_id>/", tool_detail, name="tool"),
    path("<str:public_id>/delete/", tool_delete, name="tool-delete"),
]
