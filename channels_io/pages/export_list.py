"""Many conversations as a file: those that the inbox shows with the same filters."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from channels_io.models import Conversation, Tag
from channels_io.pages.inbox_form import NAMES, InboxForm
from channels_io.reads.analysis import currency_of, with_analysis
from channels_io.reads.export_list import export_csv, export_json
from channels_io.reads.inbox_filters import matching
from channels_io.reads.inbox_search import begin_search, saying
from parley.accounts.audit import audit
from parley.accounts.models import User
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission

KINDS = {"csv": ("text/csv; charset=utf-8", export_csv), "json": ("application/json", export_json)}


@require_safe
@workspace_page(Permission.EXPORT)
def export_list(request: WorkspaceRequest, kind: str) -> StreamingHttpResponse:
    """`?field.reason=cleaning` narrows it to a field's value, beside the inbox's own filters."""
    actor = request.actor
    colleagues = User.objects.filter(memberships__workspace=actor.workspace)
    form = InboxForm(request.GET, actor, colleagues, Tag.objects.of(actor.workspace))
    filters = form.filters()
    found = matching(actor, filters)
    search = begin_search(actor, filters.text)
    if search is not None and (listed := search.listed()) is not None:
        found = found.filter(listed)
    elif search is not None:
        said = saying(actor.workspace, search.query).order_by().values("conversation")
        found = found.filter(pk__in=said) | found.filter(contact__in=search.contacts)
    fields = {
        name.removeprefix("field."): str(value) for name, value in request.GET.items() if name.startswith("field.")
    }
    found = with_analysis(found, fields=fields)
    names = [name for name in (*NAMES, *(f"field.{name}" for name in fields)) if request.GET.get(name)]
    audit(actor, "conversations.exported", actor.workspace, kind=kind, filters=names)
    content_type, write = KINDS[kind]
    rows = Conversation.objects.filter(pk__in=found.values("pk"))
    response = StreamingHttpResponse(write(rows, currency_of(actor.workspace)), content_type=content_type)
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="conversations-{day}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response
