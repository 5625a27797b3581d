"""Addresses of the call page, of the test bench and of the widget."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import call, testbench, widget

urlpatterns = [
    path("agents/<str:public_id>/call/", call.call, name="call"),
    path("agents/<str:public_id>/call/ticket/", call.call_ticket, name="call-ticket"),
    path("agents/<str:public_id>/test/", testbench.bench, name="test-bench"),
    path("agents/<str:public_id>/test/ticket/", testbench.ticket, name="test-ticket"),
    path("agents/<str:public_id>/test/tools/", testbench.tools, name="test-tools"),
    path("agents/<str:public_id>/test/cases/", testbench.cases, name="test-cases"),
    path("agents/<str:public_id>/test/cases/<str:case_id>/", testbench.case, name="test-case"),
    path("agents/<str:public_id>/test/cases/<str:case_id>/run/", testbench.run, name="test-run"),
    path("widget.js", widget.widget_js, name="widget-js"),
    path("widget/worklets/<str:name>.js", widget.worklet, name="worklet"),
    path("widget/<str:public_id>/config.json", widget.widget_config, name="widget-config"),
    path("widget/<str:public_id>/ticket", widget.widget_ticket, name="widget-ticket"),
    path("widget/<str:public_id>/demo/", widget.widget_demo, name="widget-demo"),
]
