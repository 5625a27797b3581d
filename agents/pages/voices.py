"""Cloned voices: which there are, a new one, how one sounds, another name, and an end to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.actions.add_voice import MOST_BYTES, add_voice, refusal
from agents.actions.delete_voice import delete_voice
from agents.actions.rename_voice import rename_voice
from agents.engines import engine_menu
from agents.errors import ToolRefused
from agents.models import ClonedVoice
from agents.pages.preview import hear
from agents.pages.voice_form import NewVoiceForm
from agents.prompt import language_name
from agents.voice_languages import VOICE_LANGUAGES
from agents.voices import agents_with_voice
from inference.errors import ParleyError
from inference.spec import VoiceSpec
from parley.accounts.audit import audit
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page
from parley.lib.sound import wav_bytes


@require_GET
@workspace_page(Permission.VIEW)
def voice_list(request: WorkspaceRequest) -> HttpResponse:
    voices = ClonedVoice.objects.of(request.actor.workspace).defer("sample").select_related("consent_by", "workspace")
    rows = [_row(voice) for voice in voices]
    context = {"rows": rows, "cloning": engine_menu().cloning(), **_may(request)}
    return render_page(request, "agents/voices/list.html", context, title=_("Voices"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.EDIT_AGENT)
@never_cache
def voice_new(request: WorkspaceRequest) -> HttpResponse:
    """The form; a POST keeps a voice."""
    if request.method != "POST":
        return _new(request, NewVoiceForm())
    form = NewVoiceForm(request.POST, request.FILES)
    voice = _added(request, form)
    if voice is None:
        return _new(request, form, status=400)
    messages.success(request, _("“%(name)s” is kept. Hear it, then choose it in an agent.") % {"name": voice.name})
    return redirect("agents:voice", public_id=voice.public_id)


@require_GET
@workspace_page(Permission.VIEW)
def voice_detail(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    voice = _voice(request, public_id)
    context = {
        **_row(voice),
        "cloning": engine_menu().cloning(),
        "sentence": VOICE_LANGUAGES.get(voice.language, VOICE_LANGUAGES["en"]),
        **_may(request),
    }
    return render_page(request, "agents/voices/detail.html", context, title=voice.name)


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def voice_rename(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    voice = _voice(request, public_id)
    try:
        rename_voice(request.actor, voice, request.POST.get("name", ""))
    except ToolRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is called “%(name)s” from now on.") % {"name": voice.name})
    return redirect("agents:voice", public_id=voice.public_id)


@require_POST
@workspace_page(Permission.EDIT_AGENT)
def voice_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    voice = _voice(request, public_id)
    users = agents_with_voice(voice)
    delete_voice(request.actor, voice)
    messages.success(request, _("“%(name)s” and its sample were deleted.") % {"name": voice.name})
    if users:
        names = ", ".join(agent.name for agent in users)
        messages.warning(request, _("Another voice speaks for %(agents)s now: choose one.") % {"agents": names})
    return redirect("agents:voices")


@require_POST
@workspace_page(Permission.EDIT_AGENT)
@never_cache
def voice_hear(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """POST → audio/wav: a sentence in this voice by an engine that clones, or a code and a message."""
    voice = _voice(request, public_id)
    engines = engine_menu().cloning()
    if not engines:
        message = _("No worker that is running clones voices. Start one with XTTS.")
        return _error("nobody_clones", message, 503)
    spoken = VoiceSpec(engines[0], voice.voice, language=voice.language)
    text = VOICE_LANGUAGES.get(voice.language, VOICE_LANGUAGES["en"])
    try:
        frame = hear(request.actor.workspace, text, spoken)
    except ParleyError as error:
        return _error(error.code, error.message, 503)
    return HttpResponse(wav_bytes(frame), content_type="audio/wav")


@require_GET
@workspace_page(Permission.LISTEN)
@never_cache
def voice_sample(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """The sample that is kept, as a WAV. Each look is audited: it is a person's voice."""
    voice = get_or_404(ClonedVoice, request.actor.workspace, public_id)
    audit(request.actor, "voice.sample_heard", voice, name=voice.name)
    return HttpResponse(bytes(voice.sample), content_type="audio/wav")


def _voice(request: WorkspaceRequest, public_id: str) -> ClonedVoice:
    voices = ClonedVoice.objects.of(request.actor.workspace).defer("sample").select_related("consent_by", "workspace")
    found: ClonedVoice = get_or_404(voices, request.actor.workspace, public_id)
    return found


def _row(voice: ClonedVoice) -> dict[str, object]:
    return {"voice": voice, "language": language_name(voice.language), "agents": agents_with_voice(voice)}


def _may(request: WorkspaceRequest) -> dict[str, bool]:
    actor = request.actor
    return {"may_edit": actor.may(Permission.EDIT_AGENT), "may_listen": actor.may(Permission.LISTEN)}


def _added(request: WorkspaceRequest, form: NewVoiceForm) -> ClonedVoice | None:
    if not form.is_valid():
        return None
    upload = form.cleaned_data["recording"]
    if upload.size > MOST_BYTES:
        form.add_error("recording", refusal("too_large"))
        return None
    try:
        return add_voice(request.actor, form.wanted(), upload.read())
    except ToolRefused as error:
        for field, _code, message in error.findings:
            form.add_error(field if field in form.fields else None, message)
        return None


def _new(request: WorkspaceRequest, form: NewVoiceForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "cloning": engine_menu().cloning()}
    return render_page(request, "agents/voices/new.html", context, title=_("New voice"), status=status)


def _error(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
