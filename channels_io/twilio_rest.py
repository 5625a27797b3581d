"""Twilio's REST API through Twilio's own client: at the address the operator set, or the simulator's. Blocking.

Nothing of a request is logged: it names telephone numbers. What went wrong is told by whether it may have had its effect.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import httpx
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels_io.account_secrets import secrets_of
from channels_io.models import Account
from inference.errors import ParleyError
from parley.lib.sealing import Unsealable

logger = logging.getLogger(__name__)

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
PIECE: Final = 64 * 1024

Verdict = Literal["never", "later", "unknown"]


class TwilioFailed(ParleyError):
    """`verdict`: "never" = refused as it is; "later" = it had no effect, try again; "unknown" = it may have had its effect.

    code: Twilio's own number, or unreachable, no_answer, bad_answer, no_secret, simulators_off, too_large.
    """

    code = "twilio_failed"

    def __init__(self, message: str, *, code: str, verdict: Verdict, retry_after: float = 0.0, status: int = 0) -> None:
        super().__init__(message, code=code)
        self.verdict: Verdict = verdict
        self.retry_after = retry_after
        self.status = status


def rest_client(account: Account) -> Client:
    """Raises TwilioFailed ("no_secret", "simulators_off")."""
    username, password = sign_in(account)
    client = Client(username, password, account.number, http_client=_Http())
    client.api.base_url = base_url(account)
    return client


def base_url(account: Account) -> str:
    if not account.simulated:
        return str(settings.PARLEY_TWILIO_URL)
    if not settings.PARLEY_SIMULATORS:
        raise TwilioFailed("Simulated accounts are off on this server.", code="simulators_off", verdict="never")
    return str(settings.PARLEY_SIMULATOR_URL)


def download(account: Account, path: str, limit: int) -> bytes:
    """The file at `path` below the account ("Recordings/RE….wav"). Raises TwilioFailed."""
    url = f"{base_url(account)}/2010-04-01/Accounts/{account.number}/{path}"
    found = bytearray()
    with (
        told_apart(),
        httpx.Client(timeout=_timeout(), follow_redirects=True) as http,
        http.stream("GET", url, auth=sign_in(account)) as answer,
    ):
        if answer.status_code != 200:
            raise _refused(answer.status_code, str(answer.status_code), answer.headers.get("retry-after", ""))
        for piece in answer.iter_bytes(PIECE):
            found += piece
            if len(found) > limit:
                raise TwilioFailed("The file is too large.", code="too_large", verdict="never")
    return bytes(found)


@contextmanager
def told_apart() -> Iterator[None]:
    """Whatever Twilio's client raises becomes TwilioFailed."""
    try:
        yield
    except TwilioRestException as error:
        raise _refused(error.status, str(error.code or error.status), "") from error
    except TwilioException as error:
        raise TwilioFailed("Twilio's answer makes no sense.", code="bad_answer", verdict="unknown") from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise TwilioFailed("Twilio cannot be reached.", code="unreachable", verdict="later") from error
    except httpx.HTTPError as error:
        raise TwilioFailed("Twilio did not answer.", code="no_answer", verdict="unknown") from error
    except (KeyError, ValueError, TypeError) as error:  # An answer that its client takes apart and cannot.
        raise TwilioFailed("Twilio's answer makes no sense.", code="bad_answer", verdict="unknown") from error


def _refused(status: int, code: str, retry_after: str) -> TwilioFailed:
    """429: taken back later. 5xx: nobody knows. Anything else will be refused again."""
    if status == 429:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1.0
        return TwilioFailed("Twilio asks to slow down.", code=code, verdict="later", retry_after=seconds, status=status)
    if status >= 500:
        return TwilioFailed("Twilio has a problem.", code=code, verdict="unknown", status=status)
    return TwilioFailed(f"Twilio refused it (error {code}).", code=code, verdict="never", status=status)


def sign_in(account: Account) -> tuple[str, str]:
    """User and password of Basic auth. Raises TwilioFailed ("no_secret")."""
    try:
        secrets = secrets_of(account)
    except Unsealable as error:
        raise TwilioFailed("The account's secrets cannot be read.", code="no_secret", verdict="never") from error
    if secrets.get("api_key") and secrets.get("api_secret"):
        return secrets["api_key"], secrets["api_secret"]
    if not secrets.get("auth_token"):
        raise TwilioFailed("The account has no auth token.", code="no_secret", verdict="never")
    return account.number, secrets["auth_token"]


def _timeout() -> httpx.Timeout:
    return httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)


class _Http(HttpClient):  # type: ignore[misc]
    """httpx instead of requests: it tells what never left this machine from what had no answer."""

    def __init__(self) -> None:
        super().__init__(logger, is_async=False, timeout=SECONDS)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        as_json = (headers or {}).get("Content-Type") == "application/json"
        sent: Any = {"params": params, "json" if as_json else "data": data}
        with httpx.Client(timeout=_timeout(), follow_redirects=allow_redirects) as http:
            answer = http.request(method, uri, headers=headers, auth=auth, **sent)
        return Response(answer.status_code, answer.text, answer.headers)
