"""Addresses of campaigns, spending and alerts."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import alert_rules, campaign, campaign_list, campaigns, spending

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign-new"),
    path("campaigns/<str:public_id>/", campaign.campaign, name="campaign"),
    path("campaigns/<str:public_id>/edit/", campaigns.campaign_edit, name="campaign-edit"),
    path("campaigns/<str:public_id>/live/", campaign.campaign_live, name="campaign-live"),
    path("campaigns/<str:public_id>/list/", campaign_list.campaign_upload, name="campaign-upload"),
    path("campaigns/<str:public_id>/columns/", campaign_list.campaign_map, name="campaign-map"),
    path("campaigns/<str:public_id>/start/", campaign.campaign_start, name="campaign-start"),
    path("campaigns/<str:public_id>/pause/", campaign.campaign_pause, name="campaign-pause"),
    path("campaigns/<str:public_id>/end/", campaign.campaign_end, name="campaign-end"),
    path("campaigns/<str:public_id>/delete/", campaign.campaign_delete, name="campaign-delete"),
    path("campaigns/<str:public_id>/results.csv", campaign.campaign_results, name="campaign-results"),
    path("spending/", spending.spending, name="spending"),
    path("spending/alerts/", spending.alerts, name="alerts"),
    path("spending/alerts/seen/", spending.alerts_seen, name="alerts-seen"),
    path("spending/alerts/rules/", alert_rules.alert_rules, name="alert-rules"),
    path("spending/alerts/rules/<str:public_id>/", alert_rules.alert_rule, name="alert-rule"),
    path("spending/alerts/rules/<str:public_id>/delete/", alert_rules.alert_rule_delete, name="alert-rule-delete"),
    path("spending/alerts/<str:public_id>/seen/", spending.alert_seen, name="alert-seen"),
]
