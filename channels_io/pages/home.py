"""Home: how today goes, what needs a look, what to do first."""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import Agent
from agents.reads import callable_agents
from channels_io.models import Channel, Conversation
from channels_io.pages.chart import hour_chart
from channels_io.pages.home_cards import bars_of, causes_of, home_cards
from channels_io.pages.waterfall import Legend, budget_ms, legend_of
from channels_io.reads.conversations import rows_of
from channels_io.reads.day_sums import day_sums
from channels_io.reads.today import Waits, problems, today, waits
from channels_io.reads.workers import worker_rows
from channels_io.widget_settings import WIDGET_KIND, WidgetSettings
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

RECENT = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first things to do. `link` is empty for members who may not do it."""

    title: str
    text: str
    done: bool
    link: str
    button: str


@require_safe
@workspace_page(Permission.VIEW)
def home(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    figures = today(workspace)
    recent = list(
        Conversation.objects.of(workspace)
        .filter(test=False)
        .select_related("contact", "agent")
        .defer("state")
        .order_by("-last_at", "-public_id")[:RECENT]
    )
    steps = first_steps(request.actor)
    spent, sums = waits(workspace), day_sums(workspace)
    day = figures.since.date()
    context = {
        "cards": home_cards(workspace, figures, sums),
        "outcomes": bars_of(sums.outcomes, day),
        "causes": causes_of(sums.causes, day),
        "budget_ms": budget_ms(),
        "waits": legend_of((wait.name, wait.ms, wait.turns) for wait in spent.all),
        "worst": spent.worst,
        "eater": _eater(spent),
        "today": figures,
        "chart": hour_chart(figures.hours, figures.hour),
        "problems": problems(workspace),
        "recent": rows_of(recent),
        "steps": steps if not all(step.done for step in steps) else (),
    }
    return render_page(request, "channels_io/home.html", context, title=_("Home"))


def _eater(spent: Waits) -> Legend | None:
    """The wait that eats most, and its share of the same turns."""
    longest = spent.longest
    if longest is None:
        return None
    parts = legend_of((wait.name, wait.ms, wait.turns) for wait in spent.missed or spent.all)
    return next(part for part in parts if part.name == longest.name)


def first_steps(actor: Actor) -> tuple[Step, ...]:
    workspace = actor.workspace
    agent = callable_agents(workspace).order_by("pk").first()
    return (
        Step(
            title=_("Talk to the demo agent") if agent else _("Make an agent and talk to it"),
            text=_("Press one button and speak: it answers aloud, and you can interrupt it."),
            done=Conversation.objects.of(workspace).filter(turns__role="caller").exists(),
            link=_allowed(actor, Permission.TALK, _call_link(agent)),
            button=_("Start talking") if agent else _("Choose an agent"),
        ),
        Step(
            title=_("Publish an agent of your own"),
            text=_("Say who it is and what it knows. Publishing makes it answer on its channels."),
            done=_published_by_somebody(workspace),
            link=_allowed(actor, Permission.EDIT_AGENT, reverse("agents:create")),
            button=_("New agent"),
        ),
        Step(
            title=_("Put it on your website"),
            text=_("Name the pages that may show it, then copy two lines into your site."),
            done=_widget_on_a_site(workspace),
            link=_allowed(actor, Permission.MANAGE_CHANNELS, reverse("channels_io:channels")),
            button=_("Set up the widget"),
        ),
    )


def _call_link(agent: Agent | None) -> str:
    return reverse("agents:list") if agent is None else reverse("channels_io:call", args=(agent.public_id,))


def _allowed(actor: Actor, permission: Permission, link: str) -> str:
    return link if actor.may(permission) else ""


def _published_by_somebody(workspace: Workspace) -> bool:
    """Not by the seed: by a person."""
    return Agent.objects.of(workspace).filter(versions__created_by__isnull=False).exists()


def _widget_on_a_site(workspace: Workspace) -> bool:
    """Some site may show some widget."""
    widgets = Channel.objects.of(workspace).filter(kind=WIDGET_KIND)
    return any(WidgetSettings.of(widget.settings).allowed_origins for widget in widgets)


@require_safe
@workspace_page(Permission.VIEW)
def home_workers(request: HttpRequest) -> HttpResponse:
    """The part of Home that asks the speech workers: fetched by the page, so that a dead one delays nothing."""
    rows = async_to_sync(worker_rows)()
    capacity = sum(int((row.status or {}).get("capacity", 0)) for row in rows if row.ready)
    return render(request, "channels_io/_workers.html", {"workers": rows, "capacity": capacity})
