"""Is this channel ready for people? One check after the other, each with its exact reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io import registry
from channels_io.guards.ask import reaches_nobody
from channels_io.models import Channel
from channels_io.public_url import public_check
from channels_io.reads.workers import worker_rows
from channels_io.setting_up import Check, Found, SetUpFailed, Verdict, found
from channels_io.splits import LIVE, shares_of

MISSING: Final = ("bad", "skipped")
"""Verdicts after which a check that needs this one would say nothing."""


def checks_of(channel: Channel) -> list[Check]:
    """In order. The carrier's own stand between what is ours: the way to us before, what answers after."""
    account = channel.account
    carrier = [] if account is None else [*registry.setup_of(channel.kind, account).checks(channel)]
    simulated = account is not None and account.simulated
    return [
        Check(
            name="public_url",
            label=gettext_lazy("The public address leads to this server"),
            run=lambda: public_check(simulated=simulated),
        ),
        *carrier,
        Check(name="worker", label=gettext_lazy("A speech worker is ready"), run=_worker_check),
        Check(name="agent", label=gettext_lazy("An agent answers"), run=lambda: _agent_check(channel)),
        *([] if account is None else [_spending(channel)]),
    ]


def run_check(channel: Channel, check: Check, without: set[str]) -> Found:
    """`without`: names of checks that did not hold before. Never raises for what a carrier does."""
    if without & set(check.needs):
        return Found(verdict="skipped", text=_("Not asked: it needs what is missing above."))
    try:
        return check.run()
    except SetUpFailed as failed:
        if failed.code == "unreachable" and channel.account is not None and channel.account.simulated:
            # It is no service: it plays the carrier as long as its command runs.
            return Found(verdict="skipped", text=_("Not asked: the simulator runs only while its command does."))
        return found(failed)


def run_all(channel: Channel) -> list[tuple[Check, Found]]:
    results: list[tuple[Check, Found]] = []
    without: set[str] = set()
    for check in checks_of(channel):
        result = run_check(channel, check, without)
        results.append((check, result))
        if result.verdict in MISSING:
            without.add(check.name)
    return results


def worst(found: Iterable[Found]) -> Verdict:
    """Of all results; what was left out counts as good: where that is somebody's fault, the fault itself counts."""
    verdicts = {one.verdict for one in found}
    return "bad" if "bad" in verdicts else "warn" if "warn" in verdicts else "good"


def _worker_check() -> Found:
    rows = async_to_sync(worker_rows)()
    ready = [row for row in rows if row.ready]
    if ready:
        return Found(verdict="good", text=_("%(ready)d of %(all)d ready.") % {"ready": len(ready), "all": len(rows)})
    if not rows:
        return Found(verdict="bad", text=_("No speech worker is configured."), advice=_("Name one in PARLEY_WORKERS."))
    problems = [str((row.status or {}).get("problem") or "") for row in rows]
    reason = next(filter(None, problems), "")
    if any(row.status for row in rows):
        text = reason or _("The speech worker is loading its models.")
        return Found(verdict="bad", text=text, advice=_("Wait a few seconds and test again, or look at its log."))
    return Found(
        verdict="bad",
        text=_("No speech worker answers."),
        advice=_("Start Parley again with “make run”, or look at the worker's log."),
    )


def _spending(channel: Channel) -> Check:
    label = gettext_lazy("The spending rules let it call and write")
    return Check(name="spending", label=label, run=lambda: _spending_check(channel))


def _spending_check(channel: Channel) -> Found:
    """People who call or write are answered by voice without a question; what costs money is asked for (guards)."""
    advice = _("Open Spending & alerts, choose the countries and save.")
    try:
        nobody = reaches_nobody(channel.workspace, channel)
    except msgspec.ValidationError:
        text = _("The stored spending rules are not understood, so nothing is sent or dialled.")
        return Found(verdict="bad", text=text, advice=advice)
    if not nobody:
        return Found(verdict="good", text=_("Some countries are allowed; limits and budget hold besides."))
    zone = {"zone": channel.workspace.timezone}
    text = _("No country is allowed: the workspace's time zone (%(zone)s) names none, and no rules were saved.") % zone
    if registry.channel_kind(channel.kind).messenger:
        return Found(verdict="bad", text=f"{text} {_('No message can be answered.')}", advice=advice)
    return Found(verdict="warn", text=f"{text} {_('Nobody can be called or put through to.')}", advice=advice)


def _agent_check(channel: Channel) -> Found:
    agent = channel.agent
    open_agent = {"agent": agent.name}
    if not channel.enabled:
        return Found(
            verdict="bad",
            text=_("The channel is switched off: its webhooks refuse everybody."),
            advice=_("Switch on “Takes conversations”."),
        )
    if agent.is_archived:
        return Found(verdict="bad", text=_("“%(agent)s” is archived.") % open_agent, advice=_("Choose another agent."))
    shares = shares_of(channel.settings)
    if channel.running is None and not any(share.version != LIVE for share in shares):
        return Found(
            verdict="bad",
            text=_("Nothing of “%(agent)s” is published.") % open_agent,
            advice=_("Publish the agent; then this channel answers."),
        )
    if shares:
        text = _("“%(agent)s”, split over %(count)d versions.") % {**open_agent, "count": len(shares)}
        return Found(verdict="good", text=text)
    running = channel.running
    number = {**open_agent, "number": running.number if running else 0}
    if channel.version is not None:
        return Found(verdict="good", text=_("“%(agent)s”, version %(number)d, pinned.") % number)
    return Found(verdict="good", text=_("“%(agent)s”, version %(number)d, live.") % number)
