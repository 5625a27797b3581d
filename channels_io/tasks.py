"""Celery: what has to happen to the record though no call is at it."""

from __future__ import annotations

from celery import shared_task

from agents.tasks import place_agents
from channels_io.actions.analyse_conversation import analyse_conversation
from channels_io.actions.close_abandoned_legs import close_abandoned_legs
from channels_io.actions.expire_handoffs import expire_handoffs
from channels_io.actions.forget_codes import forget_codes
from channels_io.actions.forget_old_words import forget_old_words
from channels_io.actions.forget_spending import forget_spending
from channels_io.actions.work_on_calls import settle_silent_calls, work_on_calls
from channels_io.after.due import wake_waiting
from channels_io.alerting.watch import watch_rules
from channels_io.analytics.rolling import count_recent
from channels_io.campaigns.import_list import import_list
from channels_io.campaigns.run import campaigns_to_run, lists_to_import, run_campaign
from channels_io.messaging.answer_thread import answer_thread
from channels_io.messaging.deliver import deliver_thread
from channels_io.messaging.gaps import fill_gaps
from channels_io.messaging.outages import riding_out
from channels_io.messaging.sweep import sweep_messages
from channels_io.messaging.voice_notes import forget_old
from channels_io.outgoing.deliver import deliver, sweep_deliveries
from channels_io.workers.provision import tell_reserved


@shared_task(ignore_result=True)
def sweep_legs() -> int:
    """Idempotent. Returns how many abandoned legs were closed."""
    return close_abandoned_legs()


@shared_task(ignore_result=True)
def answer_messages(thread: int) -> int:
    """What waits in a thread (primary key) is answered, and the answers are sent. Returns how many thoughts were answered."""
    answered = riding_out(lambda: answer_thread(thread))
    riding_out(lambda: deliver_thread(thread))
    return answered


@shared_task(ignore_result=True)
def deliver_messages(thread: int) -> int:
    """What waits to be sent in a thread (primary key). Returns how many messages were worked on."""
    return riding_out(lambda: deliver_thread(thread))


@shared_task(ignore_result=True)
def sweep_messaging() -> int:
    """Wakes whoever has to do with messages and was not woken. Returns how many threads."""
    return riding_out(sweep_messages)


@shared_task(ignore_result=True)
def fill_message_gaps() -> int:
    """Takes what the providers' lists hold and the inbox does not. Returns how many messages."""
    return riding_out(fill_gaps)


@shared_task(ignore_result=True)
def keep_workers_ready() -> int:
    """What is kept for whom now is told, and workers that lack agents are given them. Returns how many were."""
    tell_reserved()
    return place_agents(always=False)


@shared_task(ignore_result=True)
def wake_campaigns() -> int:
    """Every campaign with something to do gets a look of its own, so that a broken one holds up no other. Returns how many."""
    lists, campaigns = lists_to_import(), campaigns_to_run()
    for campaign in lists:
        import_campaign_list.apply_async((campaign,), expires=60.0)
    for campaign in campaigns:
        look_at_campaign.apply_async((campaign,), expires=30.0)
    return len(lists) + len(campaigns)


@shared_task(ignore_result=True)
def look_at_campaign(campaign: int) -> int:
    """Idempotent. Returns how many of its lines were begun."""
    return run_campaign(campaign)


@shared_task(ignore_result=True)
def import_campaign_list(campaign: int) -> int:
    """Idempotent. Returns how many people the campaign now has."""
    return import_list(campaign)


@shared_task(ignore_result=True)
def forget_old_spending() -> int:
    """Returns how many rows went."""
    return forget_spending()


@shared_task(ignore_result=True)
def work_on_phone_calls() -> int:
    """Dials, answers machines, keeps messages that were left: whatever is due. Returns how many calls were worked on."""
    return work_on_calls()


@shared_task(ignore_result=True)
def settle_phone_calls() -> int:
    """Asks how calls ended whose end nobody told. Returns how many."""
    return settle_silent_calls()


@shared_task(ignore_result=True)
def count_recent_figures() -> int:
    """Counts the last hours and days anew. Returns how many rows there are of them."""
    return count_recent()


@shared_task(ignore_result=True)
def watch_alert_rules() -> int:
    """Returns how many rules changed their state."""
    return watch_rules()


@shared_task(ignore_result=True)
def forget_kept_words() -> int:
    """Removes words and recordings that were kept long enough. Returns how many conversations and recordings."""
    return forget_old_words()


@shared_task(ignore_result=True)
def forget_old_codes() -> int:
    """Wipes one-time codes that are good no more. Returns how many rows were worked on."""
    return forget_codes()


@shared_task(ignore_result=True)
def forget_old_voice_notes() -> int:
    """Removes the sound of voice notes that were sent days ago. Returns how many files."""
    return forget_old()


@shared_task(ignore_result=True)
def look_at_conversation(conversation: int) -> str:
    """Idempotent. What came of it (`analyse_conversation`)."""
    return analyse_conversation(conversation)


@shared_task(ignore_result=True)
def sweep_conversations() -> int:
    """Wakes somebody for conversations that are over and were not looked at. Returns how many."""
    return wake_waiting()


@shared_task(ignore_result=True)
def deliver_event(delivery: int) -> bool:
    """One try to tell an endpoint. Returns whether it arrived."""
    return deliver(delivery)


@shared_task(ignore_result=True)
def sweep_events() -> int:
    """Wakes somebody for events that are due and were not told. Returns how many."""
    return sweep_deliveries()


@shared_task(ignore_result=True)
def expire_waiting_handoffs() -> int:
    """Ends what nobody took in time, or whose caller has gone. Idempotent. Returns how many."""
    return expire_handoffs()
