"""Answer what waits in a thread: one thought after the other, each with exactly one effect.

A try that fails, or whose process is killed, is made again with the same thought. The agent knows the thought by its id
and says again what it said; the answer's rows are known by that id too. So it is sent once, whatever breaks when.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from asgiref.sync import async_to_sync
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.queue_message import queue_message
from channels_io.actions.raise_alert import raise_alert
from channels_io.actions.set_opt_out import opt_in, opt_out
from channels_io.live.exchange import Reply, whole_exchange
from channels_io.live.opening import NothingToOpen, OpenedLeg
from channels_io.messaging.answering import Busy, contents_of, open_for, unsay
from channels_io.messaging.backoff import wait_after
from channels_io.messaging.content import Content, TextContent
from channels_io.messaging.given_back import go_on_after_person
from channels_io.messaging.keywords import Keyword, confirmation
from channels_io.messaging.leases import Lease, LeaseLost, claim, held, kept
from channels_io.messaging.provider import Messenger, SendFailed
from channels_io.messaging.thoughts import words_of
from channels_io.messaging.voices import answer_by_voice, heard_in
from channels_io.messaging.waiting import State, Thought, finish, next_thought, put_off
from channels_io.models import Channel, Thread
from channels_io.registry import UnknownKind, messenger_of
from inference.errors import ParleyError, WorkerError

logger = logging.getLogger(__name__)

MOST_TRIES: Final = 12
"""Of a thought that the agent fails at. While there is no agent to ask, it is not given up for this."""
NO_AGENT: Final = timedelta(hours=6)
MOST_STARTS: Final = 100
"""Of a thought whose process ends each time before it can say why."""
BUSY_SECONDS: Final = 3.0


def answer_thread(thread: int) -> int:
    """Answer what is due in the thread (primary key), if nobody is at it. Returns how many thoughts were."""
    lease = claim(thread)
    if lease is None:
        return 0
    answered = 0
    try:
        with kept(lease):
            channel, messenger = _line(thread)
            if not go_on_after_person(lease, channel, messenger):
                return 0
            while (thought := next_thought(lease, messenger.abilities.scope)) is not None:
                if not _answer(lease, thought, channel, messenger):
                    break
                answered += 1
    except LeaseLost:
        logger.warning("Thread %d was taken over by another process.", thread)
    except (UnknownKind, LookupError, ParleyError) as error:
        _close(lease, str(error))
    return answered


def _line(thread: int) -> tuple[Channel, Messenger]:
    rows = Thread.objects.select_related("channel__workspace", "channel__account", "channel__agent", "channel__version")
    channel = rows.get(pk=thread).channel
    return channel, messenger_of(channel)


def _close(lease: Lease, why: str) -> None:
    """The channel cannot speak at all, for want of a kind or of its secrets: look again in a while."""
    logger.error("Thread %d cannot be answered: %s", lease.thread, why)
    with transaction.atomic():
        thread = Thread.objects.select_for_update().get(pk=lease.thread)
        if thread.lease != lease.token:
            return
        thread.attempts = min(thread.attempts + 1, 1000)
        thread.due_at = timezone.now() + wait_after(thread.attempts)
        thread.lease, thread.lease_until = "", None
        thread.save(update_fields=["attempts", "due_at", "lease", "lease_until"])


def _answer(lease: Lease, thought: Thought, channel: Channel, messenger: Messenger) -> bool:
    """Whether it is settled, one way or another; False: it is tried again later. Raises LeaseLost, DatabaseError."""
    if thought.tries > MOST_STARTS:
        return _failed(lease, thought, channel, "broke_off")
    try:
        if thought.keyword is not None:
            _obey(lease, thought, thought.keyword, channel, messenger)
        else:
            _talk(lease, thought, channel, messenger)
    except Busy:
        put_off(lease, thought, BUSY_SECONDS, counts=False, failed=False)
        return False
    except (LeaseLost, DatabaseError, InterfaceError):
        raise
    except WorkerError as error:
        return _failed(lease, thought, channel, error.code, nobody=True)
    except SendFailed as error:
        return _failed(lease, thought, channel, error.code)
    except NothingToOpen as error:
        return _failed(lease, thought, channel, str(error))
    except Exception as error:  # Whatever it is, the next message of this person shall not wait for it for ever.
        logger.exception("Thread %d: a message could not be answered.", lease.thread)
        return _failed(lease, thought, channel, type(error).__name__)
    return True


def _talk(lease: Lease, thought: Thought, channel: Channel, messenger: Messenger) -> None:
    if thought.tries == 1:
        messenger.seen(thought.messages[-1])
    running = channel.running
    heard = {} if running is None else heard_in(thought.messages, messenger, running.agent_spec())
    text = words_of(thought.messages, heard)
    if not text:
        with transaction.atomic():
            held(lease)
            finish(thought, State.IGNORED, "empty")
        return
    opened = open_for(lease, thought, channel, text)
    if opened is None:
        return
    reply: Reply = async_to_sync(whole_exchange)(opened, text, thought.id)
    contents = contents_of(reply, opened, messenger.abilities)
    contents = answer_by_voice(contents, thought.messages, channel, messenger, opened.facts.spec)
    _queue(lease, thought, opened, reply, contents)


def _queue(lease: Lease, thought: Thought, opened: OpenedLeg, reply: Reply, contents: Sequence[Content]) -> None:
    """The one effect: the answer's rows, and that the thought is done, together."""
    with transaction.atomic():
        thread = held(lease)
        if unsay(opened, reply):
            contents = ()
        for part, content in enumerate(contents):
            queue_message(
                thread=thread,
                content=content,
                key=f"{thought.id}:{part}",
                conversation=opened.leg.conversation,
                leg=opened.leg,
            )
        finish(thought)


def _obey(lease: Lease, thought: Thought, keyword: Keyword, channel: Channel, messenger: Messenger) -> None:
    """STOP and START are written down and confirmed once; HELP is answered."""
    scope = messenger.abilities.scope
    with transaction.atomic():
        thread = held(lease)
        match keyword:
            case "stop":
                changed = opt_out(channel.workspace, scope, thread.address, source=f"message:{channel.public_id}")
            case "start":
                changed = opt_in(channel.workspace, scope, thread.address)
            case "help":
                changed = True
        if changed and not messenger.abilities.confirms_stop:
            words = confirmation(keyword, _language(channel), channel.agent.name)
            queue_message(thread=thread, content=TextContent(words), key=f"{keyword}:{thought.id}")
        finish(thought)


def _language(channel: Channel) -> str:
    running = channel.running
    return running.agent_spec().language if running is not None else "en"


def _failed(lease: Lease, thought: Thought, channel: Channel, why: str, *, nobody: bool = False) -> bool:
    """False: again later. True: given up, and the thread goes on with what came after."""
    waits_since = timezone.now() - min(event.received_at for event in thought.events)
    given_up = thought.tries >= MOST_TRIES and (not nobody or waits_since > NO_AGENT)
    if given_up or thought.tries > MOST_STARTS:
        with transaction.atomic():
            held(lease)
            finish(thought, State.DEAD, why)
            text = _("A message over %(channel)s was not answered: %(reason)s") % {
                "channel": channel.name,
                "reason": why,
            }
            key = f"unanswered:{channel.pk}:{why}"
            raise_alert(channel.workspace, "message_not_answered", key, text[:500], {"channel": channel.public_id})
        return True
    logger.warning("Thread %d: a message waits for an answer (%s), try %d.", lease.thread, why, thought.tries)
    put_off(lease, thought, wait_after(thought.tries).total_seconds(), counts=True)
    return False
