"""`hooks/twilio_voice/<channel>/…/`: what Twilio calls. All signed; the names are those of `addresses.hook`."""

from __future__ import annotations

from django.urls import path

from channels_io.kinds.twilio_voice import person_views, setup_views, views, voicemail_views

urlpatterns = [
    path("<str:public_id>/voice/", views.voice, name="twilio-voice"),
    path("<str:public_id>/answered/", views.answered, name="twilio-voice-answered"),
    path("<str:public_id>/consent/", views.consent, name="twilio-voice-consent"),
    path("<str:public_id>/after/", views.after, name="twilio-voice-after"),
    path("<str:public_id>/status/", views.status, name="twilio-voice-status"),
    path("<str:public_id>/stream/", views.stream, name="twilio-voice-stream"),
    path("<str:public_id>/machine/", views.machine, name="twilio-voice-machine"),
    path("<str:public_id>/fallback/", views.fallback, name="twilio-voice-fallback"),
    path("<str:public_id>/person/", person_views.person, name="twilio-voice-person"),
    path("<str:public_id>/decision/", person_views.decision, name="twilio-voice-decision"),
    path("<str:public_id>/together/", person_views.together, name="twilio-voice-together"),
    path("<str:public_id>/left/", voicemail_views.left, name="twilio-voice-left"),
    path("<str:public_id>/recording/", voicemail_views.recording, name="twilio-voice-recording"),
    path("<str:public_id>/check/", setup_views.check, name="twilio-voice-check"),
]
