"""Addresses of what comes after a conversation: its analysis, follow-ups, prices, webhooks, files."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import analysis, endpoints, export_list, follow_ups, prices

urlpatterns = [
    path("conversations/export.csv", export_list.export_list, {"kind": "csv"}, name="export-csv"),
    path("conversations/export.json", export_list.export_list, {"kind": "json"}, name="export-json"),
    path("conversations/<str:public_id>/analysis/", analysis.analysis, name="analysis"),
    path("conversations/<str:public_id>/analysis/again/", analysis.analysis_again, name="analysis-again"),
    path("conversations/<str:public_id>/follow-ups/", analysis.follow_up_new, name="follow-up-new"),
    path("follow-ups/", follow_ups.follow_up_list, name="follow-ups"),
    path("follow-ups/<str:public_id>/done/", follow_ups.follow_up_done, name="follow-up-done"),
    path("follow-ups/<str:public_id>/assign/", follow_ups.follow_up_assign, name="follow-up-assign"),
    path("spending/prices/", prices.prices, name="prices"),
    path("webhooks/", endpoints.endpoints, name="endpoints"),
    path("webhooks/<str:public_id>/", endpoints.endpoint, name="endpoint"),
    path("webhooks/<str:public_id>/test/", endpoints.endpoint_test, name="endpoint-test"),
    path("webhooks/<str:public_id>/secret/", endpoints.endpoint_secret, name="endpoint-secret"),
    path("webhooks/<str:public_id>/delete/", endpoints.endpoint_delete, name="endpoint-delete"),
    path("webhooks/<str:public_id>/deliveries/<str:delivery_id>/", endpoints.delivery, name="delivery"),
    path(
        "webhooks/<str:public_id>/deliveries/<str:delivery_id>/replay/",
        endpoints.delivery_replay,
        name="delivery-replay",
    ),
]
