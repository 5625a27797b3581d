"""Meta, played on this machine: the Graph API that we send through, and the webhooks it calls.

    async with MetaSimulator(hook="http://127.0.0.1:8000/hooks/whatsapp_cloud/ch_.../webhook/") as meta:
        assert await meta.verify()
        ann = Person("15550100001", name="Ann")
        await meta.text(ann, "Hello 👋")              # signed, escaped as Meta escapes; the ledger keeps what we answered
        sent = await meta.sent_to(ann)                # waits for the agent's answer
        meta.faults.throttle = 2                      # the next two sends: 130429

`routes()` are the Graph's, for mounting at /meta/v26.0 below the Twilio simulator (then `serve=False`: it opens no port).

MetaSimulator      the whole: `base_url`, `verify`, `text`, `tap`, `media`, `react`, `post`, `batch`, `statuses`, `sent_to`
MetaIdentity       ids and secrets that both sides must know; `new_identity()` makes one
Person             who writes to us: number, name, user id
Faults             what goes wrong on purpose
Ledger             everything that was sent and got, in order: `sends`, `marks`, `deliveries`, `uploads`, `downloads`
payloads           (module) bodies as Meta writes them; `signed(body, secret)`
"""

from __future__ import annotations

from channels_io.simulators.meta.faults import Faults
from channels_io.simulators.meta.ledger import Delivery, GraphSend, Ledger, MediaFile, ReadMark
from channels_io.simulators.meta.people import MetaIdentity, Person, new_identity
from channels_io.simulators.meta.simulator import MetaSimulator

__all__ = [
    "Delivery",
    "Faults",
    "GraphSend",
    "Ledger",
    "MediaFile",
    "MetaIdentity",
    "MetaSimulator",
    "Person",
    "ReadMark",
    "new_identity",
]
