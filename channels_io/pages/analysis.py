"""What a conversation came to: the part of the page that shows it, and what can be done with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.add_follow_up import add_follow_up
from channels_io.actions.analyse_again import analyse_again
from channels_io.models import Conversation
from channels_io.reads.analysis import read_analysis
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404


class FollowUpForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("What is to be done"), max_length=300)
    due_on = forms.DateField(label=gettext_lazy("By"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


def analysis_context(actor: Actor, conversation: Conversation) -> dict[str, Any]:
    """What `channels_io/_analysis.html` needs; `conversation` with its workspace."""
    return {
        "after": read_analysis(conversation),
        "may_operate": actor.may(Permission.OPERATE),
        "follow_up_form": FollowUpForm(auto_id=f"follow-up-{conversation.public_id}-%s"),
    }


@require_safe
@workspace_page(Permission.VIEW)
def analysis(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The part by itself, for a page that hears of a change."""
    row = _row(request, public_id)
    return render(request, "channels_io/_analysis.html", analysis_context(request.actor, row))


@require_POST
@workspace_page(Permission.OPERATE)
def analysis_again(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    try:
        analyse_again(request.actor, row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("It is looked at again. The result stands here in a moment."))
    return redirect("channels_io:conversation", row.public_id)


@require_POST
@workspace_page(Permission.OPERATE)
def follow_up_new(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    form = FollowUpForm(request.POST)
    if form.is_valid():
        try:
            add_follow_up(request.actor, row, text=form.cleaned_data["text"], due_on=form.cleaned_data["due_on"])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    else:
        messages.error(request, _("Write what is to be done, and choose a day or none."))
    return redirect("channels_io:conversation", row.public_id)


def _row(request: WorkspaceRequest, public_id: str) -> Conversation:
    rows = Conversation.objects.select_related("workspace", "agent", "contact")
    return get_or_404(rows, request.actor.workspace, public_id)
