"""Serves a recording to those who may hear it, in the parts a player asks for (HTTP Range)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from channels_io import recordings
from channels_io.models import Leg
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z")


@require_safe
@workspace_page(Permission.VIEW)
def recording(request: WorkspaceRequest, public_id: str, leg_id: str) -> HttpResponseBase:
    leg = get_or_404(Leg, request.actor.workspace, leg_id, conversation__public_id=public_id)
    return recording_response(request, leg)


def recording_response(request: HttpRequest, leg: Leg) -> HttpResponseBase:
    """200, or 206 for one range, or 416. Http404 without a finished recording."""
    path = recordings.path_of(leg.recording) if leg.recording and leg.ended_at else None
    if path is None or not path.is_file():
        raise Http404(_("There is no recording of this call."))
    size = path.stat().st_size
    part = _part(request.headers.get("Range", ""), size)
    if part is None:
        return _headers(HttpResponse(status=416), leg, {"Content-Range": f"bytes */{size}"})
    start, end = part
    whole = (start, end) == (0, size) and "Range" not in request.headers
    headers = {"Content-Length": str(end - start)}
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        body: HttpResponseBase = HttpResponse(status=200 if whole else 206)
    else:
        # Daphne would read a plain iterator to its end before it sends the first byte.
        chunks = _achunks(path, start, end) if isinstance(request, ASGIRequest) else _chunks(path, start, end)
        body = StreamingHttpResponse(chunks, status=200 if whole else 206)
    return _headers(body, leg, headers)


def _headers(response: HttpResponseBase, leg: Leg, more: dict[str, str]) -> HttpResponseBase:
    response["Content-Type"] = "audio/wav"
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = f'inline; filename="{leg.public_id}.wav"'
    response["Cache-Control"] = "private, no-store"
    for name, value in more.items():
        response[name] = value
    return response


def _part(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last. Several ranges or another unit: all of it. None: cannot be met."""
    match = _RANGE.match(header.strip())
    if match is None or not (match[1] or match[2]):
        return 0, size
    if not match[1]:
        last = int(match[2])
        return (max(0, size - last), size) if last else None
    start = int(match[1])
    end = min(size, int(match[2]) + 1) if match[2] else size
    return (start, end) if start < end else None


def _chunks(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(CHUNK_BYTES, end - start))):
            start += len(chunk)
            yield chunk


async def _achunks(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    chunks = _chunks(path, start, end)
    read = sync_to_async(lambda: next(chunks, b""), thread_sensitive=False)
    try:
        while chunk := await read():
            yield chunk
    finally:
        chunks.close()  # type: ignore[attr-defined]
