"""People over REST: found, read, renamed; what is known of them written down and forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from channels_io.actions.find_contact import find_contact
from channels_io.models import Contact, Fact
from parley.accounts.models import Workspace
from parley.lib.ids import new_id
from tests.channels_io.api.test_accounts_api import Api

NUMBER = "+353861234567"


@pytest.fixture
def api(acme: Workspace) -> Api:
    return Api(acme)


@pytest.fixture
def ann(acme: Workspace) -> Contact:
    return find_contact(acme, [("phone", NUMBER)], name="Ann")


def test_people_are_listed_and_found(api: Api, acme: Workspace, ann: Contact) -> None:
    ben = find_contact(acme, [("phone", "+353871112233")], name="Ben")
    assert [row["id"] for row in api("get", "contacts/")["results"]] == [ben.public_id, ann.public_id]
    [row] = api("get", "contacts/?q=1234567")["results"]
    assert (row["id"], row["name"], row["conversations"]) == (ann.public_id, "Ann", 0)
    assert [(each["kind"], each["value"], each["verified_at"]) for each in row["identities"]] == [
        ("phone", NUMBER, None)
    ]
    first = api("get", "contacts/?limit=1")
    assert [row["name"] for row in first["results"]] == ["Ben"]
    second = api("get", f"contacts/?limit=1&before={first['older']}")
    assert [row["name"] for row in second["results"]] == ["Ann"]


def test_one_is_read_renamed_and_written_about(api: Api, ann: Contact) -> None:
    path = f"contacts/{ann.public_id}/"
    assert api("get", path)["facts"] == []
    assert api("patch", path, {"name": "Ann Miller"})["name"] == "Ann Miller"
    fact = api("put", f"{path}facts/", {"name": "insurance", "value": "None"})
    assert (fact["name"], fact["value"], fact["source"], fact["conversation"]) == ("insurance", "None", "member", None)
    assert [each["name"] for each in api("get", path)["facts"]] == ["insurance"]
    api("delete", f"{path}facts/{fact['id']}/", status=204)
    api("delete", f"{path}facts/{fact['id']}/", status=404)
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("patch", "", {"name": "x", "workspace": "other"}, 400),
        ("put", "facts/", {"name": "no name", "value": "x"}, 400),
        ("put", "facts/", {"name": "a", "value": ""}, 400),
        ("delete", "facts/%00/", None, 404),
    ],
)
def test_what_cannot_be_is_refused(api: Api, ann: Contact, method: str, path: str, body: Any, status: int) -> None:
    api(method, f"contacts/{ann.public_id}/{path}", body, status)
    ann.refresh_from_db()
    assert ann.name == "Ann"


def test_who_was_merged_or_is_another_workspaces_is_nobody(api: Api, ann: Contact) -> None:
    other = Workspace.objects.create(name="Other", slug="other")
    foreign = find_contact(other, [("phone", NUMBER)])
    merged = Contact.objects.create(workspace=ann.workspace, merged_into=ann)
    for public_id in (foreign.public_id, merged.public_id, new_id("ct")):
        api("get", f"contacts/{public_id}/", status=404)
        api("put", f"contacts/{public_id}/facts/", {"name": "a", "value": "x"}, 404)
