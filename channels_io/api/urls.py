"""Below /api/v1/. Names begin with `api-`; they live in the namespace channels_io."""

from __future__ import annotations

from django.urls import path

from channels_io.api import accounts, after, campaigns, contacts, views, webhooks

urlpatterns = [
    path("conversations/", views.ConversationList.as_view(), name="api-conversations"),
    path("conversations/<str:public_id>/", views.ConversationDetail.as_view(), name="api-conversation"),
    path("conversations/<str:public_id>/analysis/", after.ConversationAnalysis.as_view(), name="api-analysis"),
    path(
        "conversations/<str:public_id>/legs/<str:leg_id>/recording.wav",
        views.RecordingFile.as_view(),
        name="api-recording",
    ),
    path("channels/", views.ChannelList.as_view(), name="api-channels"),
    path("channels/<str:public_id>/", views.ChannelDetail.as_view(), name="api-channel"),
    path("channels/<str:public_id>/checks/", views.ChannelChecks.as_view(), name="api-channel-checks"),
    path("accounts/", accounts.AccountList.as_view(), name="api-accounts"),
    path("accounts/<str:public_id>/", accounts.AccountDetail.as_view(), name="api-account"),
    path("accounts/<str:public_id>/test/", accounts.AccountTest.as_view(), name="api-account-test"),
    path("contacts/", contacts.ContactList.as_view(), name="api-contacts"),
    path("contacts/<str:public_id>/", contacts.ContactDetail.as_view(), name="api-contact"),
    path("contacts/<str:public_id>/facts/", contacts.ContactFacts.as_view(), name="api-contact-facts"),
    path("contacts/<str:public_id>/facts/<str:fact_id>/", contacts.ContactFact.as_view(), name="api-contact-fact"),
    path("campaigns/", campaigns.CampaignList.as_view(), name="api-campaigns"),
    path("campaigns/<str:public_id>/", campaigns.CampaignDetail.as_view(), name="api-campaign"),
    path("campaigns/<str:public_id>/people/", campaigns.CampaignPeople.as_view(), name="api-campaign-people"),
    path("campaigns/<str:public_id>/start/", campaigns.CampaignStart.as_view(), name="api-campaign-start"),
    path("campaigns/<str:public_id>/pause/", campaigns.CampaignPause.as_view(), name="api-campaign-pause"),
    path("campaigns/<str:public_id>/end/", campaigns.CampaignEnd.as_view(), name="api-campaign-end"),
    path("webhooks/", webhooks.WebhookList.as_view(), name="api-webhooks"),
    path("webhooks/<str:public_id>/", webhooks.WebhookDetail.as_view(), name="api-webhook"),
    path("webhooks/<str:public_id>/secret/", webhooks.WebhookSecret.as_view(), name="api-webhook-secret"),
    path("webhooks/<str:public_id>/test/", webhooks.WebhookTest.as_view(), name="api-webhook-test"),
    path("webhooks/<str:public_id>/deliveries/", webhooks.WebhookDeliveries.as_view(), name="api-webhook-deliveries"),
    path(
        "webhooks/<str:public_id>/deliveries/<str:delivery_id>/",
        webhooks.WebhookDelivery.as_view(),
        name="api-webhook-delivery",
    ),
    path(
        "webhooks/<str:public_id>/deliveries/<str:delivery_id>/replay/",
        webhooks.WebhookReplay.as_view(),
        name="api-webhook-replay",
    ),
]
