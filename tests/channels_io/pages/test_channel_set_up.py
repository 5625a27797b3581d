"""Setting a number up in the admin, from the choice of its kind to the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from channels_io.hand_over_lines import lines_of
from channels_io.models import Account, Channel, MessageTemplate
from channels_io.reads import channel_checks
from channels_io.setting_up import Check, Found, Number, SetUpFailed, Webhook
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.messaging_lines import meta_line, twilio_line
from tests.support.telephone import telephone

ClientOf = Callable[[User], Client]
KIND = "?kind=twilio_voice"


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


@pytest.fixture
def account(acme: Workspace) -> Account:
    found = telephone(acme, number="+15550109999").account
    assert found is not None
    return found


def html(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


class FakeSetUp:
    """A carrier that answers at once."""

    def __init__(self, *numbers: Number, failed: SetUpFailed | None = None) -> None:
        self._numbers, self._failed = numbers, failed

    def numbers(self) -> tuple[Number, ...]:
        if self._failed:
            raise self._failed
        return self._numbers

    def webhooks(self, channel: Channel) -> list[Webhook]:
        return [Webhook(label="A call comes in", value="https://parley.example/hooks/x/", help="Paste it.")]

    def configure(self, channel: Channel) -> str:
        if self._failed:
            raise self._failed
        return "Twilio now sends calls here."


def carrier(monkeypatch: pytest.MonkeyPatch, fake: FakeSetUp) -> None:
    monkeypatch.setattr("channels_io.registry.setup_of", lambda _kind, _account: fake)


# --- the steps --------------------------------------------------------------------------------------


def test_every_kind_says_what_it_needs(bob: User, client_of: ClientOf) -> None:
    page = html(client_of(bob), "/channels/new/")
    for said in ("On your website", "Telephone", "SMS and WhatsApp, with Twilio", "WhatsApp, straight from Meta"):
        assert said in page
    assert "/channels/new/account/?kind=twilio_voice" in page


def test_without_an_account_one_is_added_first(bob: User, client_of: ClientOf) -> None:
    response = client_of(bob).get("/channels/new/account/?kind=whatsapp_cloud")
    assert response["Location"] == "/channels/accounts/new/?kind=whatsapp_cloud&provider=meta"


def test_only_accounts_of_the_kinds_provider_are_offered(
    acme: Workspace, bob: User, account: Account, client_of: ClientOf
) -> None:
    channel, _identity = meta_line(acme)
    assert channel.account is not None
    page = html(client_of(bob), f"/channels/new/account/{KIND}")
    assert account.public_id in page
    assert channel.account.public_id not in page


def test_a_simulated_account_goes_straight_on(bob: User, agent: Agent, client_of: ClientOf, settings: Any) -> None:
    settings.PARLEY_SIMULATORS = True
    client = client_of(bob)
    response = client.post(f"/channels/accounts/new/{KIND}&provider=twilio", {"name": "Try", "simulated": "1"})
    made = Account.objects.get()
    assert response["Location"] == f"/channels/new/number/?kind=twilio_voice&account={made.public_id}"
    page = html(client, response["Location"])
    assert "This account is simulated" in page
    sent = {"name": "Line", "agent": agent.public_id, "runs": "live", "typed": "+353 1 524 0000", "enabled": "on"}
    response = client.post(response["Location"], sent)
    channel = Channel.objects.get()
    assert response["Location"] == f"/channels/{channel.public_id}/options/?new=1"
    assert (channel.address, channel.account, channel.agent) == ("+35315240000", made, agent)


def test_no_simulated_accounts_where_simulators_are_off(bob: User, client_of: ClientOf, settings: Any) -> None:
    settings.PARLEY_SIMULATORS = False
    response = client_of(bob).post("/channels/accounts/new/?provider=twilio", {"name": "Try", "simulated": "1"})
    assert response.status_code == 400
    assert "Simulate one" not in response.content.decode()
    assert not Account.objects.exists()


def test_numbers_are_fetched_from_the_account(
    bob: User, account: Account, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier(
        monkeypatch,
        FakeSetUp(
            Number(address="+15550100001", label="+1 555 010 0001", detail="Front <desk>"),
            Number(address="+15550100002", label="+1 555 010 0002", detail="It cannot take calls.", usable=False),
            Number(address="+15550109999", label="+1 555 010 9999"),
        ),
    )
    page = html(client_of(bob), f"/channels/new/numbers/{KIND}&account={account.public_id}&address=%2B15550100001")
    assert 'value="+15550100001" checked' in page
    assert "Front &lt;desk&gt;" in page
    assert page.count("disabled") == 2
    assert "Used by “Line +15550109999”" in page


def test_a_carrier_that_does_not_answer_leaves_the_typing(
    bob: User, account: Account, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier(monkeypatch, FakeSetUp(failed=SetUpFailed("Twilio says no.", code="credentials", advice="Copy it again.")))
    page = html(client_of(bob), f"/channels/new/numbers/{KIND}&account={account.public_id}")
    assert "Twilio says no." in page
    assert "Copy it again." in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"typed": "hello"}, "is not a telephone number"),
        ({"typed": "+1 555 010 9999"}, "Another channel has this number already."),
        ({"typed": "+353 1 524 0000", "runs": "pinned"}, "Choose the version."),
        ({"typed": "+353 1 524 0000", "runs": "split"}, "Choose the versions and their weights."),
        (
            {"typed": "+353 1 524 0000", "runs": "split", "split_version": "live", "split_weight": "many"},
            "whole number",
        ),
        ({"typed": "+353 1 524 0000", "runs": "split", "split_version": "live", "split_weight": "0"}, "weight above 0"),
    ],
)
def test_what_cannot_be_is_said_where_it_is(
    bob: User, agent: Agent, account: Account, client_of: ClientOf, sent: dict[str, str], said: str
) -> None:
    base = {"name": "Line", "agent": agent.public_id, "runs": "live", "enabled": "on"}
    response = client_of(bob).post(f"/channels/new/number/{KIND}&account={account.public_id}", {**base, **sent})
    assert response.status_code == 400
    assert said in response.content.decode()
    assert Channel.objects.count() == 1


def test_versions_are_split_by_weight(bob: User, agent: Agent, account: Account, client_of: ClientOf) -> None:
    assert agent.published is not None
    sent = {
        "name": "Line",
        "agent": agent.public_id,
        "runs": "split",
        "address": "+353 1 524 0000",
        "split_version": [agent.published.public_id, "live", ""],
        "split_weight": ["3", "1", ""],
        "enabled": "on",
    }
    client = client_of(bob)
    client.post(f"/channels/new/number/{KIND}&account={account.public_id}", sent)
    channel = Channel.objects.get(address="+35315240000")
    assert channel.settings["split"] == [
        {"version": agent.published.public_id, "weight": 3},
        {"version": "live", "weight": 1},
    ]
    page = html(client, f"/channels/{channel.public_id}/")
    assert f'<option value="{agent.published.public_id}" data-agent="{agent.public_id}" selected>' in page
    # Back to what is live: the split is gone.
    client.post(f"/channels/{channel.public_id}/", {**sent, "runs": "live"})
    channel.refresh_from_db()
    assert "split" not in channel.settings


def test_an_account_of_another_workspace_is_not_there(
    bob: User, charlie: User, client_of: ClientOf, account: Account
) -> None:
    client = client_of(charlie)
    for path in ("number", "numbers"):
        assert client.get(f"/channels/new/{path}/{KIND}&account={account.public_id}").status_code == 404
    assert client_of(bob).get(f"/channels/new/number/?kind=loopback&account={account.public_id}").status_code == 404


def test_only_who_manages_channels_sets_up(oscar: User, account: Account, client_of: ClientOf) -> None:
    client, channel = client_of(oscar), Channel.objects.get()
    assert client.get(f"/channels/{channel.public_id}/").status_code == 200
    for path in ("new/", "new/account/", "accounts/", f"{channel.public_id}/options/", f"{channel.public_id}/connect/"):
        assert client.get(f"/channels/{path}").status_code == 403, path
    assert client.post(f"/channels/{channel.public_id}/test/").status_code == 403


# --- options ----------------------------------------------------------------------------------------

CALL = {
    "open": "hours",
    "zone": "Europe/Dublin",
    "holidays": "2026-12-25",
    "closed": "voicemail",
    "closed_text": "We are closed.",
    "recording": "ask",
    "call_minutes": "20",
    "ring_seconds": "20",
    "after_transfer": "agent",
    "mon_0_from": "09:00",
    "mon_0_to": "12:30",
    "mon_1_from": "13:30",
    "mon_1_to": "00:00",
    "person_name": ["Front desk", ""],
    "person_number": ["+353 86 123 4567", ""],
}


def test_options_of_a_telephone(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel = telephone(acme)
    client = client_of(bob)
    path = f"/channels/{channel.public_id}/options/"
    assert "Opening hours" in html(client, path)
    assert client.post(path, CALL)["Location"] == path
    channel.refresh_from_db()
    days = channel.settings["hours"]["days"]
    assert days["mon"] == [["09:00", "12:30"], ["13:30", "24:00"]]
    assert days["tue"] == []
    assert channel.settings["people"] == {"Front desk": "+353861234567"}
    kept = {name: channel.settings[name] for name in ("closed", "recording", "call_minutes", "voicemail")}
    assert kept == {"closed": "voicemail", "recording": "ask", "call_minutes": 20, "voicemail": False}
    page = html(client, path)
    assert 'name="mon_1_to" value="00:00"' in page
    assert 'value="+353861234567"' in page


def test_words_for_a_colleague_who_takes_over(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel = telephone(acme)
    client = client_of(bob)
    path = f"/channels/{channel.public_id}/options/"
    ours = "You are now speaking with a colleague of mine."
    assert ours in html(client, path)
    client.post(path, {**CALL, "hand_over_line": ours, "give_back_line": "Back again."})
    channel.refresh_from_db()
    assert (channel.settings["hand_over_line"], channel.settings["give_back_line"]) == (None, "Back again.")
    assert lines_of(channel, {}) == {"handed_back": "Back again."}
    client.post(path, {**CALL, "hand_over_line": "", "give_back_line": ""})
    channel.refresh_from_db()
    assert lines_of(channel, {}) == {"handed_over": "", "handed_back": ""}
    assert ours not in html(client, path)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"zone": "Dublin"}, "is not a time zone"),
        ({"mon_0_to": "08:00"}, "close later than it opens"),
        ({"mon_0_from": "", "mon_0_to": "", "mon_1_from": "", "mon_1_to": ""}, "hours of at least one day"),
        ({"holidays": "Christmas"}, "is not a day"),
        ({"person_number": ["086 123", ""]}, "is not a telephone number"),
        ({"person_name": ["Desk", "desk"], "person_number": ["+353861234567", "+353861234568"]}, "the same name"),
        ({"call_minutes": "0"}, "greater than or equal to 1"),
    ],
)
def test_options_that_make_no_sense(
    acme: Workspace, bob: User, client_of: ClientOf, sent: dict[str, Any], said: str
) -> None:
    channel = telephone(acme)
    response = client_of(bob).post(f"/channels/{channel.public_id}/options/", {**CALL, **sent})
    assert response.status_code == 400
    assert said in response.content.decode()
    channel.refresh_from_db()
    assert channel.settings == {}


def test_options_of_a_whatsapp_number(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel, _identity = meta_line(acme)
    assert channel.account is not None
    template = MessageTemplate.objects.create(
        workspace=acme, account=channel.account, reference="r", name="reminder", body="News: {{1}}", status="approved"
    )
    client = client_of(bob)
    path = f"/channels/{channel.public_id}/options/"
    page = html(client, path)
    assert 'data-body="News: {{1}}"' in page
    assert "Messaging service" not in page
    sent = {"debounce_seconds": "3.5", "voice_notes": "always", "go_on_hours": "48", "template": template.public_id}
    assert client.post(f"{path}?new=1", sent)["Location"] == f"/channels/{channel.public_id}/connect/?new=1"
    channel.refresh_from_db()
    kept = {name: channel.settings[name] for name in sent}
    assert kept == {"debounce_seconds": 3.5, "voice_notes": "always", "go_on_hours": 48, "template": template.public_id}


def test_sms_has_no_voice_notes_and_no_templates(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel = twilio_line(acme, settings={"voice_notes": "never", "choices_content": {"2": "HX" + "0" * 32}})
    page = html(client_of(bob), f"/channels/{channel.public_id}/options/")
    assert "voice_notes" not in page
    assert "Messaging service" in page
    client_of(bob).post(f"/channels/{channel.public_id}/options/", {"debounce_seconds": "1", "go_on_hours": "24"})
    channel.refresh_from_db()
    assert channel.settings["debounce_seconds"] == 1.0
    # What the page does not show stays.
    assert channel.settings["choices_content"] == {"2": "HX" + "0" * 32}


# --- connecting -------------------------------------------------------------------------------------


def real(channel: Channel) -> Channel:
    Account.objects.update(simulated=False)
    return channel


def test_addresses_are_built_from_the_public_url(
    acme: Workspace, bob: User, client_of: ClientOf, settings: Any
) -> None:
    settings.PARLEY_PUBLIC_URL = "https://parley.example"
    channel = real(telephone(acme))
    page = html(client_of(bob), f"/channels/{channel.public_id}/connect/")
    assert f"https://parley.example/hooks/twilio_voice/{channel.public_id}/voice/#rc=2&amp;rp=ct,rt,5xx" in page
    assert "cannot reach this server" not in page


def test_a_loopback_address_is_warned_of(acme: Workspace, bob: User, client_of: ClientOf, settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = "http://127.0.0.1:8000"
    channel = real(telephone(acme))
    client = client_of(bob)
    page = html(client, f"/channels/{channel.public_id}/connect/")
    assert "The carrier cannot reach this server yet" in page
    assert "cloudflared tunnel" in page
    response = client.post(f"/channels/{channel.public_id}/connect/")
    assert response.status_code == 409
    assert "means this machine itself" in response.content.decode()


def test_the_simulator_needs_no_public_address(acme: Workspace, bob: User, client_of: ClientOf, settings: Any) -> None:
    settings.PARLEY_PUBLIC_URL = "http://127.0.0.1:8000"
    channel = telephone(acme)
    page = html(client_of(bob), f"/channels/{channel.public_id}/connect/")
    assert "cannot reach this server" not in page
    assert f"./manage.py simulate call --agent {channel.agent.slug} --text" in page


def test_it_is_entered_at_the_carrier(
    acme: Workspace, bob: User, client_of: ClientOf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARLEY_PUBLIC_URL = "https://parley.example"
    channel = real(telephone(acme))
    carrier(monkeypatch, FakeSetUp())
    response = client_of(bob).post(f"/channels/{channel.public_id}/connect/?new=1")
    assert response["Location"] == f"/channels/{channel.public_id}/test/?new=1"
    assert AuditEvent.objects.filter(verb="channel.connected").count() == 1


def test_metas_verify_token_is_shown_to_who_may_paste_it(
    acme: Workspace, bob: User, vera: User, client_of: ClientOf
) -> None:
    channel, identity = meta_line(acme)
    assert identity.verify_token in html(client_of(bob), f"/channels/{channel.public_id}/connect/")
    assert client_of(vera).get(f"/channels/{channel.public_id}/connect/").status_code == 403
    for secret in (identity.access_token, identity.app_secret):
        assert secret not in html(client_of(bob), f"/channels/{channel.public_id}/connect/")


# --- the checks -------------------------------------------------------------------------------------


def checks(*given: tuple[str, str, tuple[str, ...]]) -> Callable[[Channel], list[Check]]:
    def made(_channel: Channel) -> list[Check]:
        return [
            Check(
                name=name,
                label=name.title(),
                run=lambda verdict=verdict, name=name: Found(verdict=verdict, text=f"<{name}>", advice="Do it."),  # type: ignore[misc]
                needs=needs,
            )
            for name, verdict, needs in given
        ]

    return made


@pytest.fixture
def two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = checks(("first", "bad", ()), ("second", "good", ("first",)), ("third", "good", ()))
    monkeypatch.setattr(channel_checks, "checks_of", made)
    monkeypatch.setattr("channels_io.pages.channel_connect.checks_of", made)


@pytest.mark.usefixtures("two_checks")
def test_all_checks_at_once(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    channel = telephone(acme)
    page = client_of(bob).post(f"/channels/{channel.public_id}/test/").content.decode()
    assert "&lt;first&gt;" in page
    assert "Not asked: it needs what is missing above." in page
    assert "&lt;third&gt;" in page
    assert "Not ready yet" in page


@pytest.mark.usefixtures("two_checks")
def test_checks_run_one_after_the_other(acme: Workspace, bob: User, client_of: ClientOf) -> None:
    client, path = client_of(bob), f"/channels/{telephone(acme).public_id}/test/"
    script = {"HX-Request": "true"}
    begun = client.post(path, headers=script).content.decode()
    assert f'hx-post="{path}?step=first&amp;without=&amp;worst="' in begun
    first = client.post(f"{path}?step=first", headers=script).content.decode()
    assert 'class="su-check is-bad"' in first
    assert f'hx-post="{path}?step=second&amp;without=first&amp;worst=bad"' in first
    second = client.post(f"{path}?step=second&without=first&worst=bad", headers=script).content.decode()
    assert 'class="su-check is-skipped"' in second
    assert f'hx-post="{path}?step=third&amp;without=first,second&amp;worst=bad"' in second
    last = client.post(f"{path}?step=third&without=first,second&worst=bad", headers=script).content.decode()
    assert "Not ready yet" in last
    for worst, said in (("warn", "It works."), ("", "All of it holds"), ("<b>", "All of it holds")):
        asked = client.post(f"{path}?step=third&worst={worst}", headers=script).content.decode()
        assert said in asked
        assert "<b>" not in asked
    assert client.post(f"{path}?step=nothing", headers=script).status_code == 404


@pytest.mark.parametrize(("simulated", "verdict"), [(True, "skipped"), (False, "bad")])
def test_a_simulator_that_does_not_run_is_no_fault(
    acme: Workspace, simulated: bool, verdict: str, settings: Any
) -> None:
    channel = telephone(acme)
    assert channel.account is not None
    channel.account.simulated = simulated
    settings.PARLEY_SIMULATOR_URL = settings.PARLEY_TWILIO_URL = "http://127.0.0.1:9"
    by_name = {check.name: check for check in channel_checks.checks_of(channel)}
    assert channel_checks.run_check(channel, by_name["credentials"], set()).verdict == verdict
    assert channel_checks.run_check(channel, by_name["number"], {"credentials"}).verdict == "skipped"


def test_what_answers_is_checked_too(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = telephone(acme)
    by_name = {check.name: check for check in channel_checks.checks_of(channel)}
    assert list(by_name)[0] == "public_url"
    assert list(by_name)[-3:] == ["worker", "agent", "spending"]
    assert by_name["agent"].run().verdict == "good"
    channel.enabled = False
    assert "switched off" in by_name["agent"].run().text
    channel.enabled = True
    channel.agent.archived_at = timezone.now()
    assert "archived" in by_name["agent"].run().text


def test_rules_that_let_nobody_out_are_said(acme: Workspace) -> None:
    acme.timezone = "UTC"
    acme.save()
    channel = telephone(acme)
    assert channel.account is not None
    spending = {check.name: check for check in channel_checks.checks_of(channel)}["spending"]
    assert spending.run().verdict == "good", "a simulated account reaches nobody, so everybody"
    channel.account.simulated = False
    found = spending.run()
    assert found.verdict == "warn"
    assert "UTC" in found.text and "Spending & alerts" in found.advice
    channel.kind = "twilio_messaging"
    assert spending.run().verdict == "bad", "whoever writes gets no answer"
    acme.timezone = "Europe/Dublin"
    channel.workspace = acme
    assert spending.run().verdict == "good"


def test_an_agent_of_which_nothing_is_published_fails(acme: Workspace) -> None:
    channel = telephone(acme, published=False)
    agent = {check.name: check for check in channel_checks.checks_of(channel)}["agent"]
    assert agent.run() == Found(
        verdict="bad",
        text=f"Nothing of “{channel.agent.name}” is published.",
        advice="Publish the agent; then this channel answers.",
    )
