"""What became of an answer stands beside it in the conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from channels_io.models import Conversation, OutboundMessage
from channels_io.reads.record import read_record
from parley.accounts.models import User
from tests.channels_io.messaging.conftest import PaperLine
from tests.channels_io.messaging.paper import Post, failed

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_answer_says_whether_it_arrived(
    line: PaperLine, post: Post, alice: User, client_of: Callable[[User], Client]
) -> None:
    line.write("Hi")
    line.answer()
    post.failures = [failed("never", "30007")]
    line.write("More")
    line.answer()
    OutboundMessage.objects.filter(state="sent").update(state="read")
    conversation = Conversation.objects.get()
    states = [
        (record.turn.role, record.turn.text, [message.state for message in record.deliveries])
        for record in read_record(conversation).turns
    ]
    assert states == [
        ("agent", "Hello.", []),
        ("caller", "Hi", []),
        ("agent", "You said Hi", ["read"]),
        ("caller", "More", []),
        ("agent", "You said More", ["failed"]),
    ]
    page = client_of(alice).get(f"/conversations/{conversation.public_id}/").content.decode()
    assert page.count("cd-deliveries") == 2
    assert "30007" in page
    assert "done_all" in page
