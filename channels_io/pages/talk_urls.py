"""Addresses of the call page and of the widget."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import call, widget

urlpatterns = [
    path("agents/<str:public_id>/call/", call.call, name="call"),
    path("agents/<str:public_id>/call/ticket/", call.call_ticket, name="call-ticket"),
    path("widget.js", widget.widget_js, name="widget-js"),
    path("widget/worklets/<str:name>.js", widget.worklet, name="worklet"),
    path("widget/<str:public_id>/config.json", widget.widget_config, name="widget-config"),
    path("widget/<str:public_id>/ticket", widget.widget_ticket, name="widget-ticket"),
    path("widget/<str:public_id>/demo/", widget.widget_demo, name="widget-demo"),
]
