"""A WhatsApp Business Account at Meta as set-up pages see it: its numbers, their webhooks, whether the app listens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from channels_io.carriers.asking import ask_carrier, base_of, json_of, opened_secrets
from channels_io.models import Account
from channels_io.setting_up import SetUpFailed
from parley.lib.outbound import Response

WHO: Final = "Meta"
GRAPH_PATH: Final = "/meta/v26.0"
"""Where the simulator serves the Graph."""
MAX_PAGES: Final = 10
NUMBER_FIELDS: Final = "id,display_phone_number,verified_name,quality_rating,status,name_status,webhook_configuration"
TOKEN_EXPIRED: Final = 190
THROTTLED: Final = (4, 80007, 130429)
PERMISSION: Final = (10, 200)


class MetaAccount:
    """Raises SetUpFailed only. Every request carries a proof made with the app secret: Meta refuses a wrong one."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.base = base_of(account, settings.PARLEY_META_URL, settings.PARLEY_SIMULATOR_URL + GRAPH_PATH)
        self.secrets = opened_secrets(account)
        for name, label in (("access_token", _("access token")), ("app_secret", _("app secret"))):
            if not self.secrets.get(name):
                raise SetUpFailed(
                    _("The account has no %(secret)s.") % {"secret": label},
                    code="credentials",
                    advice=_("Enter it on the account's page."),
                )

    def name(self) -> str:
        found = self._send("GET", self.account.number, {"fields": "id,name"})
        return str(found.get("name") or self.account.number)

    def numbers(self) -> list[dict[str, Any]]:
        """phone_numbers of the account as Meta describes them."""
        query = {"fields": NUMBER_FIELDS, "limit": "100"}
        found: list[dict[str, Any]] = []
        for _page in range(MAX_PAGES):
            page = self._send("GET", f"{self.account.number}/phone_numbers", query)
            found += [entry for entry in page.get("data") or () if isinstance(entry, dict)]
            paging = page.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after") if paging.get("next") else None
            if not after:
                break
            query = {**query, "after": str(after)}
        return found

    def number(self, number_id: str) -> dict[str, Any]:
        return self._send("GET", number_id, {"fields": NUMBER_FIELDS})

    def subscribed(self) -> list[str]:
        """Names of the apps that get this account's webhooks."""
        page = self._send("GET", f"{self.account.number}/subscribed_apps")
        apps = [entry.get("whatsapp_business_api_data") or entry for entry in page.get("data") or ()]
        return [str(app.get("name") or app.get("id") or "?") for app in apps if isinstance(app, Mapping)]

    def subscribe(self) -> None:
        """The token's app gets this account's webhooks."""
        self._send("POST", f"{self.account.number}/subscribed_apps")

    def set_webhook(self, number_id: str, url: str) -> None:
        """Of one number. Meta asks `url` for its handshake before it answers."""
        override = {"override_callback_uri": url, "verify_token": self.secrets.get("verify_token", "")}
        self._send("POST", number_id, body={"webhook_configuration": override})

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        token, secret = self.secrets["access_token"], self.secrets["app_secret"]
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        response = ask_carrier(
            WHO,
            method,
            f"{self.base}/{path}?{urlencode({**(query or {}), 'appsecret_proof': proof})}",
            headers={"Content-Type": "application/json"} if body else {},
            credentials={"Authorization": f"Bearer {token}"},
            body=msgspec.json.encode(body) if body else b"",
        )
        if not response.ok:
            raise _refusal(response)
        return json_of(WHO, response)


def _refusal(response: Response) -> SetUpFailed:
    try:
        said = json_of(WHO, response).get("error") or {}
    except SetUpFailed:
        said = {}
    code = said.get("code") if isinstance(said, dict) else None
    reason = str(said.get("message") or _("no reason given")) if isinstance(said, dict) else str(said)
    detail = str((said.get("error_data") or {}).get("details") or "") if isinstance(said, dict) else ""
    message = _("Meta says: %(reason)s (status %(status)d%(code)s)") % {
        "reason": (detail or reason)[:300].rstrip("."),
        "status": response.status,
        "code": f", {code}" if isinstance(code, int) else "",
    }
    if "appsecret_proof" in reason:
        advice = _("The app secret belongs to another app than the access token. Copy it from App settings, Basic.")
        return SetUpFailed(message, code="credentials", advice=advice)
    if code == TOKEN_EXPIRED or response.status == 401:
        advice = _("Make a permanent token of a system user (Business settings, System users) and replace this one.")
        return SetUpFailed(message, code="credentials", advice=advice)
    if code in PERMISSION:
        advice = _(
            "Give the token whatsapp_business_messaging and whatsapp_business_management, and the account to its user."
        )
        return SetUpFailed(message, code="credentials", advice=advice)
    if code in THROTTLED or response.status == 429:
        return SetUpFailed(message, code="throttled", advice=_("Wait a minute and try again."))
    if response.status == 404 or code == 100:
        advice = _("Check the id: the WhatsApp Business Account's, not the app's or the business's.")
        return SetUpFailed(message, code="not_found", advice=advice)
    return SetUpFailed(message, code="refused")
