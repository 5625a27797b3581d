"""What the workspace's own systems are told: events, signed, to the addresses of its endpoints. docs/webhooks.md

emit() → Delivery rows in the caller's transaction → deliver.py sends each under a lease → signing.py signs it
"""

from __future__ import annotations

from channels_io.outgoing.events import EVENTS, emit

__all__ = ["EVENTS", "emit"]
