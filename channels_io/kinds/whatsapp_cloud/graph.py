"""Meta's Graph API for one account: a request, and what became of it told apart. Blocking.

Nothing of a request is logged: it names people and what they were told.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import httpx
from django.conf import settings

from channels_io.account_secrets import secrets_of
from channels_io.kinds.whatsapp_cloud.problems import refusal
from channels_io.messaging.provider import SendFailed
from channels_io.models import Account
from parley.lib.sealing import Unsealable

Json = dict[str, Any]

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
UPLOAD_SECONDS: Final = 30.0
SIMULATOR_PATH: Final = "/meta/v26.0"


class Graph:
    """Raises SendFailed only: "later" where nothing can have happened, "unknown" where it may have."""

    def __init__(self, account: Account) -> None:
        self.base = base_url(account)
        try:
            secrets = secrets_of(account)
        except Unsealable as error:
            raise SendFailed("The account's secrets cannot be read.", code="no_secret", verdict="never") from error
        if not secrets.get("access_token"):
            raise SendFailed("The account has no access token.", code="no_secret", verdict="never")
        self.credentials: Mapping[str, str] = {"Authorization": f"Bearer {secrets['access_token']}"}
        self._proof = _proof(secrets["access_token"], secrets.get("app_secret", ""))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        return self._send("GET", path, query or {}, seconds=SECONDS)

    def post(self, path: str, body: Json, seconds: float = SECONDS) -> Json:
        return self._send("POST", path, {}, seconds=seconds, json=body)

    def upload(self, path: str, name: str, data: bytes, mime: str) -> str:
        """Id of a file that messages can name for 30 days."""
        form = {"messaging_product": "whatsapp", "type": mime}
        try:
            answer = self._send("POST", path, {}, seconds=UPLOAD_SECONDS, data=form, files={"file": (name, data, mime)})
        except SendFailed as error:
            if error.verdict == "unknown":  # A file that nobody was sent yet may well lie there twice.
                raise SendFailed(error.message, code=error.code, verdict="later") from error
            raise
        media_id = answer.get("id")
        if not isinstance(media_id, str) or not media_id:
            raise SendFailed("Meta gave the file no id.", code="bad_answer", verdict="later")
        return media_id

    def _send(self, method: str, path: str, query: Mapping[str, str], *, seconds: float, **body: Any) -> Json:
        url = f"{self.base}/{path}"
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        try:
            with httpx.Client(timeout=timeout, trust_env=False) as http:
                answer = http.request(
                    method, url, params={**query, **self._proof}, headers=dict(self.credentials), **body
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise SendFailed("Meta cannot be reached.", code="unreachable", verdict="later") from error
        except httpx.HTTPError as error:
            raise SendFailed("Meta did not answer.", code="no_answer", verdict="unknown") from error
        return _read(answer)


def base_url(account: Account) -> str:
    """Raises SendFailed (simulators_off)."""
    if not account.simulated:
        return str(settings.PARLEY_META_URL)
    if not settings.PARLEY_SIMULATORS:
        raise SendFailed("Simulated accounts are off on this server.", code="simulators_off", verdict="never")
    return f"{settings.PARLEY_SIMULATOR_URL}{SIMULATOR_PATH}"


def _read(answer: httpx.Response) -> Json:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if not answer.is_success:
        raise refusal(answer.status_code, said, answer.headers.get("retry-after", ""))
    if not isinstance(said, dict):
        raise SendFailed("Meta's answer makes no sense.", code="bad_answer", verdict="unknown")
    return said


def _proof(token: str, secret: str) -> dict[str, str]:
    """That the token is used by who also has the app secret; apps can be set to refuse requests without it."""
    if not secret:
        return {}
    return {"appsecret_proof": hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()}
