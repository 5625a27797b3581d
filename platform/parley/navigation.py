"""The sidebar, the user menu and the brand: what Unfold asks for by dotted name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from parley.accounts.models import Membership
from parley.accounts.roles import Permission

MOST_COUNTED = 100


def logo(request: HttpRequest) -> str:
    return static("parley/logo.svg")


def logo_dark(request: HttpRequest) -> str:
    return static("parley/logo-dark.svg")


def icon(request: HttpRequest) -> str:
    return static("parley/icon.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("parley/app.css")


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, as Unfold wants them; links the member's role does not reach are left out."""
    main = [
        _item(_("Home"), "home", "channels_io:home", exact=True),
        {**_item(_("Inbox"), "inbox", "channels_io:inbox"), "badge": _waiting(request)},
        _item(_("Agents"), "support_agent", "agents:list"),
        _item(_("Tools"), "build", "agents:tools", but="agents:providers"),
        {**_item(_("Follow-ups"), "task_alt", "channels_io:follow-ups"), "badge": _open_follow_ups(request)},
        _item(_("Contacts"), "contacts", "channels_io:contacts"),
        _item(_("Channels"), "hub", "channels_io:channels"),
        _item(_("Analytics"), "monitoring", "channels_io:analytics"),
        _item(_("Campaigns"), "campaign", "channels_io:campaigns"),
    ]
    workspace = [
        _item(_("People"), "group", "accounts:people"),
        _item(_("Teams"), "diversity_3", "channels_io:teams"),
        {**_item(_("Spending & alerts"), "savings", "channels_io:spending"), "badge": _unseen_alerts(request)},
        _item(_("Webhooks"), "webhook", "channels_io:endpoints", Permission.MANAGE_WEBHOOKS),
        _item(_("Privacy"), "shield_person", "channels_io:privacy"),
        _item(_("Services"), "cloud", "agents:providers", Permission.EDIT_AGENT),
        _item(_("Voices"), "record_voice_over", "agents:voices"),
        _item(_("Workers"), "memory", "channels_io:workers", Permission.MANAGE_WORKSPACE),
        _item(_("API keys"), "key", "accounts:keys", Permission.MANAGE_WORKSPACE),
        _item(_("Audit"), "history", "accounts:audit", Permission.MANAGE_WORKSPACE),
        _item(_("Settings"), "settings", "accounts:workspace", Permission.MANAGE_WORKSPACE, exact=True),
        _item(_("Records"), "database", "admin:index", Permission.EDIT_AGENT),
    ]
    return [{"items": main}, {"title": _("Workspace"), "separator": True, "items": workspace}]


def _unseen_alerts(request: HttpRequest) -> int:
    """Shown beside the link; 0 shows nothing."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return 0
    alerts: Any = apps.get_model("channels_io", "Alert")
    return int(alerts.objects.filter(workspace=membership.workspace_id, seen_at=None).count())


def _waiting(request: HttpRequest) -> str | int:
    """Conversations that wait for a person; 0 shows nothing."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return 0
    conversations: Any = apps.get_model("channels_io", "Conversation")
    rows = conversations.objects.filter(workspace=membership.workspace_id, waits_since__isnull=False, test=False)
    count = int(rows.order_by()[:MOST_COUNTED].count())
    return count if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def _open_follow_ups(request: HttpRequest) -> str | int:
    """What was promised and is not done; 0 shows nothing."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return 0
    rows: Any = apps.get_model("channels_io", "FollowUp")
    count = int(rows.objects.filter(workspace=membership.workspace_id, done_at=None).order_by()[:MOST_COUNTED].count())
    return count if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def account(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": _("Profile"), "link": reverse("accounts:profile")},
        {"title": _("Change password"), "link": reverse("accounts:password")},
    ]


def _item(
    title: Any, symbol: str, route: str, permission: Permission = Permission.VIEW, *, exact: bool = False, but: str = ""
) -> dict[str, Any]:
    """`but`: a route beneath this one that has an item of its own."""
    link, other = reverse(route), reverse(but) if but else ""

    def active(request: HttpRequest) -> bool:
        beneath = not exact and request.path.startswith(link) and not (other and request.path.startswith(other))
        return request.path == link or beneath

    return {"title": title, "icon": symbol, "link": link, "active": active, "permission": _allowed(permission)}


def _allowed(permission: Permission) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        return membership is not None and membership.may(permission)

    return allowed
