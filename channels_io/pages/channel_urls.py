"""Below channels/."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import (
    carrier_accounts,
    channel_connect,
    channel_numbers,
    channel_options,
    channels,
    message_templates,
)

urlpatterns = [
    path("", channels.channels, name="channels"),
    path("new/", channel_numbers.channel_new, name="channel-new"),
    path("new/widget/", channels.channel_new_widget, name="channel-new-widget"),
    path("new/account/", channel_numbers.channel_new_account, name="channel-new-account"),
    path("new/number/", channel_numbers.channel_new_number, name="channel-new-number"),
    path("new/numbers/", channel_numbers.channel_new_numbers, name="channel-new-numbers"),
    path("templates.json", message_templates.templates_json, name="templates-json"),
    path("accounts/", carrier_accounts.account_list, name="accounts"),
    path("accounts/new/", carrier_accounts.account_new, name="account-new"),
    path("accounts/<str:public_id>/", carrier_accounts.account, name="account"),
    path("accounts/<str:public_id>/test/", carrier_accounts.account_test, name="account-test"),
    path("accounts/<str:public_id>/delete/", carrier_accounts.account_delete, name="account-delete"),
    path("accounts/<str:public_id>/templates/", message_templates.templates, name="templates"),
    path("<str:public_id>/", channels.channel, name="channel"),
    path("<str:public_id>/options/", channel_options.channel_options, name="channel-options"),
    path("<str:public_id>/connect/", channel_connect.channel_connect, name="channel-connect"),
    path("<str:public_id>/test/", channel_connect.channel_test, name="channel-test"),
    path("<str:public_id>/delete/", channels.channel_delete, name="channel-delete"),
]
