"""Campaigns over REST: made, given people, started, held, ended; results in pages."""

from __future__ import annotations

from typing import Any

import pytest

from channels_io.campaigns.import_list import import_list
from channels_io.models import Campaign, CampaignEntry, Channel
from parley.accounts.models import Workspace
from tests.channels_io.api.test_accounts_api import Api
from tests.support.spending import open_rules
from tests.support.telephone import telephone


@pytest.fixture
def api(acme: Workspace) -> Api:
    open_rules(acme)
    return Api(acme)


@pytest.fixture
def phone(acme: Workspace) -> Channel:
    return telephone(acme)


@pytest.fixture
def made(api: Api, phone: Channel) -> dict[str, Any]:
    found: dict[str, Any] = api("post", "campaigns/", {"name": "Recall", "channel": phone.public_id}, 201)
    return found


PEOPLE = {
    "people": [
        {"number": "+353861234567", "name": "Ann, the first", "variables": {"day": "=Monday"}},
        {"number": "+353871112233", "zone": "Europe/Dublin"},
        {"number": "no number", "name": "Nobody"},
    ]
}


def test_a_campaign_is_made_changed_and_deleted(api: Api, made: dict[str, Any], phone: Channel) -> None:
    assert (made["name"], made["channel"], made["version"], made["state"]) == ("Recall", phone.public_id, None, "draft")
    assert made["plan"]["at_once"] == 2, "what was left out has its default"
    path = f"campaigns/{made['id']}/"
    assert api("get", path) == made
    assert api("get", "campaigns/") == [made]
    changed = api("patch", path, {"name": "Again", "plan": {"at_once": 5}})
    assert (changed["name"], changed["plan"]["at_once"]) == ("Again", 5)
    api("delete", path, status=204)
    assert not Campaign.objects.exists()


def test_people_go_the_way_of_an_uploaded_list(api: Api, made: dict[str, Any]) -> None:
    path = f"campaigns/{made['id']}/"
    api("put", f"{path}people/", PEOPLE, 202)
    import_list(Campaign.objects.get().pk)
    progress = api("get", path)["progress"]
    assert (progress["people"], progress["waiting"], progress["skipped"]) == (2, 2, 1)
    first = api("get", f"{path}people/?limit=2")
    assert [row["number"] for row in first["results"]] == ["+353861234567", "+353871112233"]
    assert first["results"][0]["name"] == "Ann, the first"
    assert first["results"][0]["variables"] == {"day": "=Monday"}
    rest = api("get", f"{path}people/?limit=2&after={first['next']}")
    assert [(row["state"], row["reason"]) for row in rest["results"]] == [("skipped", "number_letters")]
    assert rest["next"] is None
    assert len(api("get", f"{path}people/?state=skipped")["results"]) == 1


def test_it_is_started_held_and_ended(api: Api, made: dict[str, Any]) -> None:
    path = f"campaigns/{made['id']}/"
    assert "Upload a list" in str(api("post", f"{path}start/", status=400))
    api("put", f"{path}people/", PEOPLE, 202)
    import_list(Campaign.objects.get().pk)
    assert api("post", f"{path}start/")["state"] == "running"
    assert "Pause the campaign" in str(api("delete", path, status=400))
    assert "keeps its list" in str(api("put", f"{path}people/", PEOPLE, 400))
    assert api("post", f"{path}pause/")["state"] == "paused"
    ended = api("post", f"{path}end/")
    assert (ended["state"], ended["progress"]["waiting"]) == ("done", 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": {"at_once": 0}}, "plan"),
        ({"plan": {"nothing": 1}}, "plan"),
        ({"state": "running"}, "state"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, made: dict[str, Any], body: dict[str, Any], field: str) -> None:
    refused = api("patch", f"campaigns/{made['id']}/", body, 400)
    assert field in str(refused)
    assert Campaign.objects.get().name == "Recall"


def test_people_with_odd_variables_are_refused(api: Api, made: dict[str, Any]) -> None:
    for variables in ({"no name": "x"}, {f"v{number}": "x" for number in range(21)}):
        body = {"people": [{"number": "+353861234567", "variables": variables}]}
        api("put", f"campaigns/{made['id']}/people/", body, 400)
    api("put", f"campaigns/{made['id']}/people/", {"people": []}, 400)
    assert not CampaignEntry.objects.exists()


def test_a_channel_of_another_workspace_is_not_there(api: Api) -> None:
    other = telephone(Workspace.objects.create(name="Other", slug="other"), number="+15550100009")
    api("post", "campaigns/", {"name": "Recall", "channel": other.public_id}, 404)
