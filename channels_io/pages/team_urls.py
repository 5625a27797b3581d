"""Addresses of teams, of their queue, and of what a person writes."""

from __future__ import annotations

from django.urls import path

from channels_io.pages import queue, sent_media, teams, write

urlpatterns = [
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("teams/<str:public_id>/", teams.team, name="team"),
    path("teams/<str:public_id>/delete/", teams.team_delete, name="team-delete"),
    path("queue/", queue.queue, name="queue"),
    path("queue/availability/", queue.availability, name="availability"),
    path("queue/<str:public_id>/take/", queue.queue_take, name="queue-take"),
    path("conversations/<str:public_id>/write/", write.write, name="write"),
    path("conversations/<str:public_id>/media/", sent_media.sent_media, name="sent-media"),
]
