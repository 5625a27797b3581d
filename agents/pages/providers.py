"""Services: which there are, a new one, changes to one, whether one works. No key is ever shown."""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agents.actions.delete_provider import delete_provider
from agents.actions.save_provider import key_of, save_provider
from agents.errors import ToolRefused
from agents.models import Provider
from agents.pages.service_form import ServiceForm, initial_of
from agents.provider_test import Tried, try_provider
from agents.providers import agents_with_provider
from agents.service_prices import load_service_prices, plain
from parley.accounts.audit import audit
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page
from parley.lib.sealing import Unsealable

PARTS = {
    "chat": gettext_lazy("Language model"),
    "transcriber": gettext_lazy("Speech recognition"),
    "voice": gettext_lazy("Voice"),
}


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
@never_cache
@sensitive_post_parameters("key")
def provider_list(request: WorkspaceRequest) -> HttpResponse:
    """The list; a POST makes one."""
    if request.method != "POST":
        return _list(request, ServiceForm())
    form = ServiceForm(request.POST)
    provider = _saved(request, form, None)
    if provider is None:
        return _list(request, form, status=400)
    messages.success(request, _("“%(name)s” is kept. Try it, then choose it in an agent.") % {"name": provider.name})
    return redirect("agents:providers")


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
@never_cache
@sensitive_post_parameters("key")
def provider_detail(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """One service; a POST changes it."""
    provider = get_or_404(Provider, request.actor.workspace, public_id)
    if request.method != "POST":
        return _detail(request, provider, ServiceForm(initial=initial_of(provider)))
    form = ServiceForm(request.POST)
    if _saved(request, form, provider) is None:
        provider.refresh_from_db()
        return _detail(request, provider, form, status=400)
    messages.success(request, _("Saved. The next conversation uses it."))
    return redirect("agents:provider", public_id=provider.public_id)


@require_POST
@workspace_page(Permission.EDIT_AGENT)
@never_cache
def provider_try(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """POST → {"parts": [{"part", "label", "ok", "milliseconds", "reason"}]}: the saved service, really asked."""
    provider = get_or_404(Provider, request.actor.workspace, public_id)
    try:
        tried = async_to_sync(try_provider)(provider, key_of(provider))
    except Unsealable as error:
        tried = [Tried("chat", ok=False, reason=error.message)]
    audit(request.actor, "provider.tried", provider, name=provider.name, ok=all(part.ok for part in tried))
    parts = [
        {
            "part": part.part,
            "label": str(PARTS[part.part]),
            "ok": part.ok,
            "milliseconds": part.milliseconds,
            "reason": part.reason,
        }
        for part in tried
    ]
    return JsonResponse({"parts": parts})


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def provider_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    provider = get_or_404(Provider, request.actor.workspace, public_id)
    try:
        delete_provider(request.actor, provider)
    except ToolRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("“%(name)s” was deleted.") % {"name": provider.name})
    return redirect("agents:providers")


def _saved(request: WorkspaceRequest, form: ServiceForm, provider: Provider | None) -> Provider | None:
    if not form.is_valid():
        return None
    try:
        return save_provider(request.actor, provider, form.wanted())
    except ToolRefused as error:
        for field, _code, message in error.findings:
            form.add_error(field if field in form.fields else None, message)
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """What a service does, with what, and what it takes for it; "" where it takes nothing."""

    icon: str
    label: str
    model: str
    price: str


def parts_of(provider: Provider) -> list[Part]:
    prices = load_service_prices(provider.prices)
    told = {"chat": "", "transcriber": "", "voice": ""}
    if prices.llm_prompt or prices.llm_reply:
        amounts = {"read": plain(prices.llm_prompt), "cached": plain(prices.cached), "written": plain(prices.llm_reply)}
        told["chat"] = _("a million tokens: %(read)s read · %(cached)s from its cache · %(written)s written") % amounts
    if prices.asr_minute:
        told["transcriber"] = _("a minute: %(amount)s") % {"amount": plain(prices.asr_minute)}
    if prices.tts_characters:
        told["voice"] = _("a million characters: %(amount)s") % {"amount": plain(prices.tts_characters)}
    does = (
        ("forum", "chat", provider.chat_model),
        ("hearing", "transcriber", provider.transcriber_model),
        ("record_voice_over", "voice", provider.speech_model),
    )
    voices = ", ".join(provider.voices)
    return [
        Part(icon, str(PARTS[name]), f"{model}: {voices}" if name == "voice" else model, told[name])
        for icon, name, model in does
        if model
    ]


def _list(request: WorkspaceRequest, form: ServiceForm, *, status: int = 200) -> HttpResponse:
    providers = Provider.objects.of(request.actor.workspace).select_related("set_by")
    rows = [
        {"provider": provider, "agents": list(agents_with_provider(provider)), "parts": parts_of(provider)}
        for provider in providers
    ]
    context = {"rows": rows, "form": form}
    return render_page(request, "agents/providers/list.html", context, title=_("Services"), status=status)


def _detail(request: WorkspaceRequest, provider: Provider, form: ServiceForm, *, status: int = 200) -> HttpResponse:
    context = {"provider": provider, "form": form, "agents": list(agents_with_provider(provider))}
    return render_page(request, "agents/providers/detail.html", context, title=provider.name, status=status)
