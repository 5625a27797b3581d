"""Privacy: what is hidden in the record, how long it is kept, and a look behind one masked turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from channels_io.actions.reveal_turn import reveal_turn
from channels_io.actions.save_privacy_rules import Keeping, save_privacy_rules
from channels_io.models import Channel, Turn
from channels_io.privacy.rules import SORTS, Rules, Sort, privacy_rules
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page
from parley.lib.sealing import Unsealable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: Final[dict[Sort, StrOrPromise]] = {
    "card": gettext_lazy("Card numbers"),
    "iban": gettext_lazy("Account numbers (IBAN)"),
    "email": gettext_lazy("E-mail addresses"),
    "phone": gettext_lazy("Telephone numbers"),
}
LONGEST_DAYS: Final = 3650


def _days(label: StrOrPromise) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"placeholder": gettext_lazy("for ever"), "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=LONGEST_DAYS, widget=widget)


class PrivacyForm(forms.Form):
    mask = forms.MultipleChoiceField(
        label=gettext_lazy("Hide in transcripts, summaries and exports"),
        choices=tuple(LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    keep_days = _days(gettext_lazy("Keep words for (days)"))
    keep_sound_days = _days(gettext_lazy("Keep recordings for (days)"))

    def rules(self) -> Rules:
        chosen = set(self.cleaned_data["mask"])
        return Rules(
            mask=tuple(sort for sort in SORTS if sort in chosen),
            keep_days=self.cleaned_data["keep_days"],
            keep_sound_days=self.cleaned_data["keep_sound_days"],
        )


class ChannelForm(forms.Form):
    """A channel's own wishes; empty: as the workspace."""

    keep_days = _days(gettext_lazy("Words (days)"))
    keep_sound_days = _days(gettext_lazy("Recordings (days)"))

    def __init__(self, channel: Channel, data: Any = None) -> None:
        self.channel = channel
        initial = {"keep_days": channel.keep_days, "keep_sound_days": channel.keep_sound_days}
        super().__init__(data, prefix=channel.public_id, initial=initial)
        for field in self.fields.values():
            field.widget.attrs["placeholder"] = _("as above")

    def keeping(self) -> Keeping:
        return self.cleaned_data["keep_days"], self.cleaned_data["keep_sound_days"]


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def privacy(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    rules = privacy_rules(workspace.pk)
    data = request.POST if request.method == "POST" else None
    form = PrivacyForm(
        data,
        initial={"mask": list(rules.mask), "keep_days": rules.keep_days, "keep_sound_days": rules.keep_sound_days},
    )
    lines = [ChannelForm(channel, data) for channel in Channel.objects.of(workspace).order_by("name")]
    if data is not None and all([form.is_valid(), *(line.is_valid() for line in lines)]):
        save_privacy_rules(request.actor, form.rules(), {line.channel.public_id: line.keeping() for line in lines})
        messages.success(request, _("Saved. It holds for what is said from now on; what is older goes tonight."))
        return redirect("channels_io:privacy")
    context = {
        "form": form,
        "lines": lines,
        "may_manage": request.actor.may(Permission.MANAGE_WORKSPACE),
    }
    wrong = data is not None
    return render_page(request, "channels_io/privacy.html", context, title=_("Privacy"), status=400 if wrong else 200)


@require_POST
@workspace_page(Permission.REVEAL)
def reveal(request: WorkspaceRequest, public_id: str) -> JsonResponse:
    """One masked turn as it was said: {"text"}. Every look is in the audit log."""
    turn = get_or_404(Turn.objects.select_related("conversation"), request.actor.workspace, public_id)
    try:
        said = reveal_turn(request.actor, turn)
    except Unsealable as error:
        return JsonResponse(
            {"code": error.code, "message": _("It cannot be read with this server's keys.")}, status=409
        )
    return JsonResponse({"text": said.text})
