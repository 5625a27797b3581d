"""Addresses below contacts/."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import contact_merge, contacts

urlpatterns = [
    path("", contacts.contacts, name="contacts"),
    path("<str:public_id>/", contacts.contact, name="contact"),
    path("<str:public_id>/rename/", contacts.contact_rename, name="contact-rename"),
    path("<str:public_id>/facts/", contacts.contact_fact, name="contact-fact"),
    path("<str:public_id>/facts/<str:fact_id>/erase/", contacts.contact_fact_erase, name="contact-fact-erase"),
    path("<str:public_id>/opt-outs/", contacts.contact_opt_out, name="contact-opt-out"),
    path("<str:public_id>/merge/", contact_merge.contact_merge, name="contact-merge"),
    path("<str:public_id>/merges/<str:merge_id>/undo/", contact_merge.contact_unmerge, name="contact-unmerge"),
    path("<str:public_id>/erase/", contacts.contact_erase, name="contact-erase"),
    path("<str:public_id>/erased.json", contacts.contact_proof, name="contact-proof"),
]
