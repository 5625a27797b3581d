"""The real `twilio` client, with every request turned to another place than Twilio's own hosts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

SECONDS = 10.0


class Elsewhere(TwilioHttpClient):  # type: ignore[misc] # the package ships no types
    """Keeps path and query, changes the host."""

    def __init__(self, base: str, timeout: float = SECONDS) -> None:
        super().__init__(timeout=timeout)
        self._base = urlsplit(base)
        if self.session is not None:
            # Not through a proxy of the environment: it is this machine that is meant.
            self.session.trust_env = False

    def log_request(self, kwargs: Any) -> None:
        """Not at all: it names telephone numbers."""

    def log_response(self, status_code: int, response: Any) -> None:
        """As little."""

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        parts = urlsplit(url)
        here = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        answer: Response = super().request(method, here, *args, **options)
        return answer


def twilio_client(base: str, account_sid: str, secret: str, *, user: str = "", timeout: float = SECONDS) -> Client:
    """Blocking. `secret` of the account, or of the API key `user`."""
    return Client(user or account_sid, secret, account_sid, http_client=Elsewhere(base, timeout))
