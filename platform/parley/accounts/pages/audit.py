from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from parley.accounts.models import AuditEvent
from parley.accounts.models.audit import verb_label
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

ROWS = 50


@require_GET
@workspace_page(Permission.MANAGE_WORKSPACE)
def audit_trail(request: WorkspaceRequest) -> HttpResponse:
    """Newest first; `?verb=` and `?q=` (who, or an id) narrow it."""
    events = AuditEvent.objects.of(request.actor.workspace)
    verbs = {name: verb_label(name) for name in events.order_by("verb").values_list("verb", flat=True).distinct()}
    verb = request.GET.get("verb", "")
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    if verb in verbs:
        events = events.filter(verb=verb)
    if words:
        events = events.filter(actor__icontains=words) | events.filter(target_id__icontains=words)
    page = Paginator(events, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "verbs": verbs.items(), "verb": verb, "words": words}
    return render_page(request, "accounts/audit.html", context, title=_("Audit"))
