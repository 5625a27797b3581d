"""The thread of an address on a channel."""

from __future__ import annotations

from channels_io.models import Channel, Contact, Thread


def thread_for(channel: Channel, address: str, contact: Contact | None = None) -> Thread:
    """Found or made. `contact` is set where the thread has none yet."""
    thread, _made = Thread.objects.get_or_create(
        channel=channel, address=address, defaults={"workspace_id": channel.workspace_id, "contact": contact}
    )
    if contact is not None and thread.contact_id is None:
        thread.contact = contact
        Thread.objects.filter(pk=thread.pk, contact=None).update(contact=contact)
    return thread
