"""The web process: Django for HTTP, the channel kinds' consumers for sockets."""

from __future__ import annotations

import gc
import os
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import get_resolver, path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parley.settings")

gc.disable()  # What is loaded here stays: looking through it again and again is a sixth of the time it takes to start.
http = get_asgi_application()

from django.conf import settings  # noqa: E402 -- these need Django set up above

from channels_io.hook_desk import HookDesk  # noqa: E402 -- the same
from channels_io.hook_gate import HookGate  # noqa: E402 -- the same
from channels_io.inbox.socket import inbox_socket  # noqa: E402 -- the same
from channels_io.live.operator_socket import operator_socket  # noqa: E402 -- the same
from channels_io.registry import websocket_urlpatterns  # noqa: E402 -- the same
from parley import tracing  # noqa: E402 -- the same
from parley.daphne_hooks import mind_hooks  # noqa: E402 -- the same
from parley.drain import Draining  # noqa: E402 -- the same

tracing.set_up(settings.PARLEY_VERSION)
mind_hooks()


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accept, then close with 4404: a refusal before accept shows the browser no reason."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4404, "reason": "no such socket"})


# Channels routes to ASGI applications with Django's patterns, which the stubs know for views only.
sockets = [
    *websocket_urlpatterns(),
    path("ws/inbox/", cast(Any, inbox_socket), name="ws-inbox"),
    path("ws/operator/<str:conversation>/", cast(Any, operator_socket), name="ws-operator"),
    re_path(r"", cast(Any, no_such_socket)),
]
hook_desk = HookDesk(http)
application = Draining(ProtocolTypeRouter({"http": HookGate(hook_desk), "websocket": URLRouter(sockets)}))

# Every page is imported now, not when somebody asks for the first; and the collector is spared what stays for the life of
# the process: looking at these 250,000 objects takes 130 ms, in which no frame of anybody's call goes on.
len(get_resolver().reverse_dict)
gc.collect()
gc.freeze()
gc.enable()
