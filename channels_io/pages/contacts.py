"""People: the list, and one person with all that is known of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from channels_io.actions.change_opt_out import change_opt_out
from channels_io.actions.erase_contact import CannotErase, erase_contact
from channels_io.actions.erase_fact import erase_fact
from channels_io.actions.rename_contact import rename_contact
from channels_io.actions.write_fact import write_fact
from channels_io.models import Contact, Fact, OptOut
from channels_io.pages.contact_proof import figures
from channels_io.reads.contacts import contacts_of, proof_of, read_contact, read_contacts
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


class FactForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits and _: the name of a variable, such as “first_name”."),
    )
    value = forms.CharField(label=gettext_lazy("Known is"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


@require_safe
@workspace_page(Permission.VIEW)
def contacts(request: WorkspaceRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    page = read_contacts(request.actor, text, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    context = {
        "page": page,
        "text": text,
        "older": link_to(request, before=page.older),
        "newer": link_to(request, after=page.newer),
        "anything": bool(page.rows) or contacts_of(request.actor.workspace).exists(),
    }
    return render_page(request, "channels_io/contacts.html", context, title=_("Contacts"))


@require_safe
@workspace_page(Permission.VIEW)
def contact(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _contact(request, public_id)
    if row.merged_into is not None:
        return redirect("channels_io:contact", row.merged_into.public_id)
    if row.erased_at is not None:
        proof = proof_of(row)
        context: dict[str, Any] = {"contact": row, "proof": proof, "figures": figures(proof.data) if proof else []}
        return render_page(request, "channels_io/contact_erased.html", context, title=_("Erased contact"))
    return contact_page(request, row)


def contact_page(
    request: WorkspaceRequest, row: Contact, *, fact: FactForm | None = None, status: int = 200
) -> HttpResponse:
    record = read_contact(row, before=request.GET.get("before", ""))
    out = {(each.scope, each.address): each for each in record.opt_outs}
    addresses = [each for each in record.identities if each.kind in ("phone", "whatsapp")]
    scopes = {
        "phone": (OptOut.Scope.SMS, OptOut.Scope.WHATSAPP, OptOut.Scope.CALL),
        "whatsapp": (OptOut.Scope.WHATSAPP,),
    }
    context = {
        "record": record,
        "contact": row,
        "wishes": [
            {
                "identity": each,
                "scopes": [
                    {"value": scope.value, "label": scope.label, "out": out.get((scope.value, each.value))}
                    for scope in scopes[each.kind]
                ],
            }
            for each in addresses
        ],
        "fact_form": fact or FactForm(),
        "older": link_to(request, before=record.more),
        "first": not request.GET.get("before"),
        "may_edit": request.actor.may(Permission.OPERATE),
        "may_erase": request.actor.may(Permission.MANAGE_WORKSPACE),
        "word": erase_word(row),
    }
    return render_page(request, "channels_io/contact.html", context, title=str(row), status=status)


@require_POST
@workspace_page(Permission.OPERATE)
def contact_rename(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _contact(request, public_id)
    try:
        rename_contact(request.actor, row, name=request.POST.get("name", ""))
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect("channels_io:contact", public_id)


@require_POST
@workspace_page(Permission.OPERATE)
def contact_fact(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _contact(request, public_id)
    form = FactForm(request.POST)
    if form.is_valid():
        try:
            write_fact(request.actor, row, name=form.cleaned_data["name"], value=form.cleaned_data["value"])
        except ValidationError as error:
            form.add_error("value" if error.code == "fact_value" else "name", error)
    if form.errors:
        return contact_page(request, row, fact=form, status=400)
    messages.success(request, _("Noted. The agent knows it from the next conversation on."))
    return redirect("channels_io:contact", public_id)


@require_POST
@workspace_page(Permission.OPERATE)
def contact_fact_erase(request: WorkspaceRequest, public_id: str, fact_id: str) -> HttpResponse:
    fact = get_or_404(Fact, request.actor.workspace, fact_id, contact__public_id=public_id)
    erase_fact(request.actor, fact)
    messages.success(request, _("Forgotten."))
    return redirect("channels_io:contact", public_id)


@require_POST
@workspace_page(Permission.OPERATE)
def contact_opt_out(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _contact(request, public_id)
    scope = request.POST.get("scope", "")
    if scope not in OptOut.Scope.values:
        messages.error(request, _("There is no such wish."))
        return redirect("channels_io:contact", public_id)
    try:
        change_opt_out(
            request.actor,
            row,
            scope=OptOut.Scope(scope),
            address=request.POST.get("address", ""),
            wanted=request.POST.get("wanted") == "yes",
        )
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect("channels_io:contact", public_id)


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def contact_erase(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _contact(request, public_id)
    if request.POST.get("word", "").strip().casefold() != erase_word(row).casefold():
        messages.error(request, _("Nothing was erased: the word was not the one asked for."))
        return redirect("channels_io:contact", public_id)
    try:
        erase_contact(request.actor, row, opt_outs="opt_outs" in request.POST)
    except CannotErase as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Erased. What was removed stands below, in figures."))
    return redirect("channels_io:contact", public_id)


@require_safe
@workspace_page(Permission.VIEW)
def contact_proof(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The proof of an erasure, to hand over. Http404 where nothing was erased."""
    row = get_or_404(Contact, request.actor.workspace, public_id, erased_at__isnull=False)
    event = proof_of(row)
    body = {
        "contact": row.public_id,
        "erased_at": row.erased_at.isoformat() if row.erased_at else None,
        "by": event.actor if event else "",
        **(event.data if event else {}),
    }
    response = JsonResponse(body, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="erased-{row.public_id}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def erase_word(row: Contact) -> str:
    """What has to be typed before a person is erased."""
    return row.public_id[-6:]


def link_to(request: HttpRequest, **cursor: str) -> str:
    """The same list at another place; empty when there is none."""
    if not any(cursor.values()):
        return ""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, value in cursor.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return "?" + query.urlencode()


def _contact(request: WorkspaceRequest, public_id: str) -> Contact:
    rows = Contact.objects.select_related("workspace", "merged_into")
    return get_or_404(rows, request.actor.workspace, public_id)
