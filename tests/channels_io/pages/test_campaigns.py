from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from channels_io.campaigns.import_list import import_list
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.models import Campaign, CampaignEntry, CampaignList, Channel, MessageTemplate
from channels_io.pages.campaign_form import form_for
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import publish
from tests.support.messaging_lines import twilio_line
from tests.support.spending import open_rules
from tests.support.telephone import telephone

ClientOf = Callable[[User], Client]


@pytest.fixture
def phone(acme: Workspace) -> Channel:
    open_rules(acme)
    return telephone(acme)


@pytest.fixture
def texts(acme: Workspace) -> Channel:
    channel = twilio_line(acme)
    publish(channel.agent)
    return channel


@pytest.fixture
def campaign(phone: Channel) -> Campaign:
    made: Campaign = Campaign.objects.create(workspace=phone.workspace, name="Reminders", channel=phone)
    return made


def form(channel: Channel, plan: Plan | None = None, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    shown = form_for(channel)(channel, plan or Plan())
    values: dict[str, Any] = {"name": "Reminders"}
    for name in shown.fields:
        value = shown[name].value()
        if value is not None and value is not False:
            values.setdefault(name, "on" if value is True else value)
    return {**values, **changed}


def upload(client: Client, campaign: Campaign, content: bytes) -> None:
    client.post(f"/campaigns/{campaign.public_id}/list/", {"file": SimpleUploadedFile("list.csv", content)})


def entry(campaign: Campaign, **more: Any) -> CampaignEntry:
    given = {"line": 2, "address": "+353871234567", "name": "Jane <i>", **more}
    return CampaignEntry.objects.create(campaign=campaign, **given)


def test_from_nothing_to_running(phone: Channel, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert b"Call or write to a list of people" in client.get("/campaigns/").content
    assert f"?channel={phone.public_id}".encode() in client.get("/campaigns/new/").content
    made = client.post(f"/campaigns/new/?channel={phone.public_id}", form(phone))
    campaign = Campaign.objects.get()
    assert made["Location"] == f"/campaigns/{campaign.public_id}/"
    upload(client, campaign, b"Phone;Full name;Visit\n087 123 4567;Jane;Monday\nn/a;Sean;Tuesday\n")
    page = client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    assert "What is in which column?" in page and "No country code" in page
    mapped = {"role_0": "number", "role_1": "name", "role_2": "variable", "variable_2": "visit", "header": "on"}
    client.post(f"/campaigns/{campaign.public_id}/columns/", {**mapped, "region": "IE"})
    assert b'data-phase="reading"' in client.get(f"/campaigns/{campaign.public_id}/").content
    assert import_list(campaign.pk) == 1
    page = client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    assert "1 line left out" in page and "Letters in the number" in page
    client.post(f"/campaigns/{campaign.public_id}/start/")
    campaign.refresh_from_db()
    assert campaign.state == "running"
    client.post(f"/campaigns/{campaign.public_id}/pause/")
    client.post(f"/campaigns/{campaign.public_id}/end/")
    campaign.refresh_from_db()
    assert campaign.state == "done"
    client.post(f"/campaigns/{campaign.public_id}/delete/")
    assert not Campaign.objects.exists()
    verbs = AuditEvent.objects.filter(verb__startswith="campaign.").order_by("pk").values_list("verb", flat=True)
    assert [verb.partition(".")[2] for verb in verbs] == [
        "created", "list_uploaded", "list_read", "started", "paused", "ended", "deleted",
    ]  # fmt: skip


def test_the_form_as_it_stands_is_the_plan(phone: Channel, alice: User, client_of: ClientOf) -> None:
    client_of(alice).post(f"/campaigns/new/?channel={phone.public_id}", form(phone))
    assert load_plan(Campaign.objects.get().plan) == Plan()


def test_everything_of_a_call_campaign_can_be_set(phone: Channel, alice: User, client_of: ClientOf) -> None:
    version = phone.agent.published
    assert version is not None
    changed = {
        "version": version.public_id,
        "window0_days": ["5", "6"],
        "window0_start": "10:00",
        "window0_end": "00:00",
        "machine": "message",
        "machine_message": "Hi {{name}}",
        "busy_after": "7",
        "busy_times": "4",
        "limit_minutes": "3",
    }
    values = {name: value for name, value in form(phone, **changed).items() if name != "disclose"}
    client_of(alice).post(f"/campaigns/new/?channel={phone.public_id}", values)
    campaign = Campaign.objects.get()
    plan = load_plan(campaign.plan)
    assert campaign.version == version
    assert [(window.days, window.start, window.end) for window in plan.windows] == [((5, 6), 600, 1440)]
    assert (plan.retries["busy"].after, plan.retries["busy"].times) == (7, 4)
    assert (plan.disclose, plan.machine, plan.machine_message, plan.limit_seconds) == (
        False,
        "message",
        "Hi {{name}}",
        180,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"window0_days": []},
        {"window0_end": "08:00"},
        {"window0_start": ""},
        {"window0_days": ["7"]},
        {"at_once": "0"},
        {"busy_times": "99"},
        {"breaker_of": "1"},
        {"machine": "message", "machine_message": " "},
        {"version": "av_aaaaaaaaaaaaaaaaaaaa"},
    ],
)
def test_what_is_wrong_is_not_saved(phone: Channel, alice: User, client_of: ClientOf, wrong: dict[str, Any]) -> None:
    response = client_of(alice).post(f"/campaigns/new/?channel={phone.public_id}", form(phone, **wrong))
    assert response.status_code == 400
    assert b'role="alert"' in response.content
    assert not Campaign.objects.exists()


def test_a_name_is_there_once(campaign: Campaign, phone: Channel, alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post(f"/campaigns/new/?channel={phone.public_id}", form(phone))
    assert b"Another campaign has this name" in response.content


def test_messages_need_a_text_or_a_template_with_values(texts: Channel, alice: User, client_of: ClientOf) -> None:
    client, url = client_of(alice), f"/campaigns/new/?channel={texts.public_id}"
    assert client.post(url, form(texts)).status_code == 400
    template = MessageTemplate.objects.create(
        workspace=texts.workspace, account=texts.account, reference="HX1", name="Reminder", body="Hi {{1}}, see {{2}}"
    )
    chosen = form(texts, template=template.public_id, values="{{name}}")
    assert b"2 places to fill" in client.post(url, chosen).content
    assert client.post(url, {**chosen, "values": "{{name}}\n{{visit}}"}).status_code == 302
    assert load_plan(Campaign.objects.get().plan).values == ("{{name}}", "{{visit}}")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"PK\x00\x01", "not a text file"), (b"a," * 80, "more than 60 columns")],
)
def test_a_file_that_is_no_list(
    campaign: Campaign, alice: User, client_of: ClientOf, content: bytes, said: str
) -> None:
    client = client_of(alice)
    upload(client, campaign, content)
    page = client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    assert said in page
    assert not CampaignList.objects.exists()


@pytest.mark.parametrize(
    "marked",
    [
        {},
        {"role_0": "name"},
        {"role_0": "number", "role_1": "number"},
        {"role_0": "number", "role_1": "variable", "variable_1": "no name"},
        {"role_0": "number", "role_1": "variable", "variable_1": "a", "role_2": "variable", "variable_2": "a"},
        {"role_0": "number", "region": "Ireland"},
    ],
)
def test_columns_that_make_no_list(
    campaign: Campaign, alice: User, client_of: ClientOf, marked: dict[str, str]
) -> None:
    client = client_of(alice)
    upload(client, campaign, b"+353871234567,a,b\n")
    client.post(f"/campaigns/{campaign.public_id}/columns/", marked)
    assert CampaignList.objects.get().mapping is None


def test_looking_again_keeps_what_was_marked(campaign: Campaign, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    upload(client, campaign, b"Jane,0871234567\n")
    marked = {"role_0": "variable", "variable_0": "who", "role_1": "number", "region": "IE", "look": "1"}
    page = client.post(f"/campaigns/{campaign.public_id}/columns/", marked).content.decode()
    assert 'value="who"' in page and "+353871234567" in page
    assert CampaignList.objects.get().mapping is None


def test_roles(campaign: Campaign, alice: User, bob: User, oscar: User, vera: User, client_of: ClientOf) -> None:
    entry(campaign)
    base = f"/campaigns/{campaign.public_id}"
    asked = {
        "view": ("get", f"{base}/"),
        "live": ("get", f"{base}/live/"),
        "new": ("get", "/campaigns/new/"),
        "edit": ("get", f"{base}/edit/"),
        "results": ("get", f"{base}/results.csv"),
        "upload": ("post", f"{base}/list/"),
        "columns": ("post", f"{base}/columns/"),
        "start": ("post", f"{base}/start/"),
        "pause": ("post", f"{base}/pause/"),
        "end": ("post", f"{base}/end/"),
    }
    operator = {"view", "live", "results", "pause", "end"}
    for user, may in ((vera, {"view", "live"}), (oscar, operator), (bob, set(asked)), (alice, set(asked))):
        client = client_of(user)
        allowed = {name for name, (method, url) in asked.items() if getattr(client, method)(url).status_code != 403}
        assert allowed == may, user
    assert client_of(oscar).post(f"{base}/delete/").status_code == 403


def test_a_campaign_of_others_is_missing(campaign: Campaign, charlie: User, client_of: ClientOf) -> None:
    client = client_of(charlie)
    for path in ("", "edit/", "live/", "results.csv"):
        assert client.get(f"/campaigns/{campaign.public_id}/{path}").status_code == 404
    for path in ("list/", "columns/", "start/", "pause/", "end/", "delete/"):
        assert client.post(f"/campaigns/{campaign.public_id}/{path}").status_code == 404


def test_lines_are_shown_as_text_and_by_state(campaign: Campaign, vera: User, client_of: ClientOf) -> None:
    entry(campaign, state="done", outcome="answered")
    entry(campaign, line=3, address="=bad", name="", state="skipped", reason="number_invalid")
    client = client_of(vera)
    page = client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    assert "Jane &lt;i&gt;" in page and "Answered" in page and "There is no such number" in page
    only = client.get(f"/campaigns/{campaign.public_id}/?state=skipped").content.decode()
    assert "Jane" not in only and "=bad" in only
    assert client.get(f"/campaigns/{campaign.public_id}/?state=moon&page=zzz").status_code == 200


def test_results_are_a_file(campaign: Campaign, oscar: User, client_of: ClientOf) -> None:
    entry(campaign, name="=1+1")
    response = client_of(oscar).get(f"/campaigns/{campaign.public_id}/results.csv")
    assert response["Content-Disposition"] == 'attachment; filename="reminders.csv"'
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "+353871234567,'=1+1" in body


def test_what_cannot_be_done_says_why(campaign: Campaign, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for path, said in (("start", "Upload a list"), ("end", "has not begun")):
        client.post(f"/campaigns/{campaign.public_id}/{path}/")
        assert said in client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    entry(campaign)
    client.post(f"/campaigns/{campaign.public_id}/start/")
    client.post(f"/campaigns/{campaign.public_id}/delete/")
    assert "Pause the campaign" in client.get(f"/campaigns/{campaign.public_id}/").content.decode()
    response = client.post(f"/campaigns/{campaign.public_id}/edit/", form(campaign.channel))
    assert b"Pause the campaign before you change it" in response.content
    upload(client, campaign, b"+353861111111\n")
    assert not CampaignList.objects.exists()
