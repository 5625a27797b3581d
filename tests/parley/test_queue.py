"""The three users of Valkey, over the address that the settings made for each."""

from __future__ import annotations

from channels.layers import get_channel_layer
from django.core.cache import cache
from kombu import Connection

from parley.celery import app


async def test_the_channel_layer_carries_a_message() -> None:
    layer = get_channel_layer()
    await layer.group_add("inbox", "inbox.one")
    await layer.group_send("inbox", {"type": "woken", "id": "cv_1"})
    assert await layer.receive("inbox.one") == {"type": "woken", "id": "cv_1"}
    await layer.close_pools()


def test_the_cache_keeps_a_value() -> None:
    cache.set("word", "kept", 60)
    assert cache.get("word") == "kept"


def test_the_broker_takes_a_task_as_json() -> None:
    with (
        Connection(app.conf.broker_url, transport_options=app.conf.broker_transport_options) as connection,
        app.amqp.TaskConsumer(connection.default_channel) as consumer,
    ):
        queue = consumer.queues[0]
        app.send_task("parley.accounts.tasks.forget_old_sessions", connection=connection)
        message = queue(connection.default_channel).get()
    assert message is not None
    assert message.content_type == "application/json"
    assert message.headers["task"] == "parley.accounts.tasks.forget_old_sessions"
    assert queue.name == "parley"
