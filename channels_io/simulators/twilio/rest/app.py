"""The routes of the API on one application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from channels_io.simulators.twilio.rest import account, calls, messages, rooms
from channels_io.simulators.twilio.rest.guard import route
from channels_io.simulators.twilio.world import World

BASE = "/2010-04-01/Accounts"


def application(world: World, mounts: Mapping[str, Sequence[BaseRoute]]) -> Starlette:
    """`mounts`: other simulators at their paths on the same port."""
    place = f"{BASE}/{{account}}"
    conference = f"{place}/Conferences/{{room}}"
    message = f"{place}/Messages/{{message}}"
    # The most particular path first: an id would swallow ".json".
    routes: list[BaseRoute] = [
        route(world, f"{place}/Calls/{{call}}/Recordings/{{recording}}.json", get=calls.recording, post=calls.change_recording),
        route(world, f"{place}/Calls/{{call}}/Recordings.json", get=calls.recordings, post=calls.record),
        route(world, f"{place}/Calls/{{call}}.json", get=calls.fetch, post=calls.update, delete=calls.delete),
        route(world, f"{place}/Calls.json", get=calls.collection, post=calls.create),
        route(world, f"{place}/Recordings/{{recording}}.json", get=calls.recording, delete=calls.delete_recording),
        route(world, f"{place}/Recordings.json", get=calls.recordings),
        route(world, f"{place}/Recordings/{{recording}}", get=calls.recording_media),
        route(world, f"{message}/Media/{{media}}.json", get=messages.media_item, delete=messages.delete_media),
        route(world, f"{message}/Media.json", get=messages.media),
        route(world, f"{message}/Media/{{media}}", public=not world.media_auth, get=messages.media_item),
        route(world, f"{message}.json", get=messages.fetch),
        route(world, f"{place}/Messages.json", get=messages.collection, post=messages.create),
        route(world, f"{conference}/Participants/{{call}}.json", get=rooms.participant, post=rooms.change, delete=rooms.remove),
        route(world, f"{conference}/Participants.json", get=rooms.participants, post=rooms.call_in),
        route(world, f"{conference}.json", get=rooms.fetch, post=rooms.update),
        route(world, f"{place}/Conferences.json", get=rooms.collection),
        route(world, f"{place}/IncomingPhoneNumbers/{{number}}.json", get=account.number, post=account.change_number),
        route(world, f"{place}/IncomingPhoneNumbers.json", get=account.numbers),
        route(world, f"{place}/Balance.json", get=account.balance),
        route(world, f"{place}.json", get=account.fetch),
        route(world, "/v1/Content/{template}/ApprovalRequests", get=account.approval),
        route(world, "/v1/Content/{template}", get=account.template, delete=account.delete_template),
        route(world, "/v1/ContentAndApprovals", get=account.templates),
        route(world, "/v1/Content", get=account.templates, post=account.create_template),
        route(world, "/v2/Channels/Senders/{sender}", get=account.sender, post=account.change_sender),
        route(world, "/v2/Channels/Senders", get=account.senders),
        route(world, "/media/{media}", public=True, get=messages.media_bytes),
        *(Mount(path, routes=list(more)) for path, more in mounts.items()),
    ]  # fmt: skip
    return Starlette(routes=routes)
