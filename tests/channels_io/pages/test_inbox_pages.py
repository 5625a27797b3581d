from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from channels_io.models import Conversation, Note, SavedView, Tag
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import EXCHANGES, Said, make_conversation

ClientOf = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


@pytest.fixture
def talk(agent: Agent) -> Conversation:
    return make_conversation(agent, contact_name="Jane <Doe>")


def html(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def do(client: Client, what: str, *ids: str, **more: str) -> dict[str, object]:
    response = client.post("/inbox/do/", {"do": what, "ids": ",".join(ids), **more})
    assert response.status_code == 200, response.content
    answer: dict[str, object] = response.json()
    return answer


def now(conversation: Conversation) -> Conversation:
    conversation.refresh_from_db()
    return conversation


# --- the page ---------------------------------------------------------------------------------


def test_a_row_says_who_what_and_where(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    page = html(client_of(alice), "/inbox/")
    row = page[page.index(f'data-row="{talk.public_id}"') :]
    row = row[: row.index("</li>")]
    assert "Jane &lt;Doe&gt;" in row
    assert "Thank you, Jane. I have noted your address." in row
    assert "Reception" in row
    assert 'aria-label="unread"' in row
    assert f"/conversations/{talk.public_id}/" in row


def test_empty_states_say_what_to_do(alice: User, client_of: ClientOf, agent: Agent) -> None:
    client = client_of(alice)
    assert "No conversations yet" in html(client, "/inbox/")
    make_conversation(agent)
    assert "Nothing is assigned to you" in html(client, "/inbox/?tab=mine")
    assert "Nobody waits" in html(client, "/inbox/?tab=waiting")
    assert "Nobody is talking right now" in html(client, "/inbox/?tab=live")
    assert "No conversation fits" in html(client, "/inbox/?q=xylophone")


def test_found_words_are_marked_and_escaped(agent: Agent, alice: User, client_of: ClientOf) -> None:
    make_conversation(agent, exchanges=(Said("A <b>cleaning</b> please", "Yes.", (9.0,)),))
    assert "A &lt;b&gt;<mark>cleaning</mark>&lt;/b&gt; please" in html(client_of(alice), "/inbox/?q=clean")


@pytest.mark.parametrize(
    "query",
    ["state=x", "since=never", "since=0001-01-01", "until=9999-12-31", "agent=%00", "q=%00", "before=zz", "channel=x",
     "tab=none", "tag=%00", "owner=us_x", "outcome=%00", "mood=x", "c=%3Cscript%3E"],
)  # fmt: skip
def test_what_is_no_filter_is_passed_over(talk: Conversation, alice: User, client_of: ClientOf, query: str) -> None:
    page = html(client_of(alice), f"/inbox/?{query}")
    assert "<script>" not in page.split("data-inbox")[1]
    assert client_of(alice).get(f"/inbox/rows/?{query}").status_code == 200


def test_chips_lead_to_the_list_without_them(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    page = html(client_of(alice), f"/inbox/?tab=live&agent={talk.agent.public_id}&state=closed&c=cv_x")
    assert f'href="?tab=live&amp;agent={talk.agent.public_id}"' in page
    assert 'href="?tab=live&amp;state=closed"' in page


def test_no_inline_script_or_style(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    own = html(client_of(alice), "/inbox/").split("data-inbox")[1]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src=|application/json))", own)


def test_the_old_list_leads_to_the_same_conversations(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/conversations/")["Location"] == "/inbox/"
    assert client.get("/conversations/?q=a+b&channel=ch_x")["Location"] == "/inbox/?q=a+b&channel=ch_x"
    assert client.get("/conversations/?state=failed")["Location"] == "/inbox/?outcome=failed"
    assert (
        client.get("/conversations/?state=human&since=2026-01-02")["Location"]
        == "/inbox/?owner=person&since=2026-01-02"
    )


def test_the_page_takes_few_queries_however_many_rows(agent: Agent, alice: User, client_of: ClientOf) -> None:
    client, counts = client_of(alice), []
    for count in (1, 50):
        for number in range(count):
            make_conversation(agent, exchanges=EXCHANGES[:1], identity=("visitor", f"{count}-{number}"))
        for path in ("/inbox/", "/inbox/rows/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[1] == counts[3]
    assert counts[2] <= 30


# --- rows as JSON -----------------------------------------------------------------------------


def test_rows_go_on_and_come_by_id(agent: Agent, alice: User, client_of: ClientOf) -> None:
    made = [
        make_conversation(agent, exchanges=EXCHANGES[:1], identity=("visitor", str(number))) for number in range(22)
    ]
    for number, each in enumerate(made):
        Conversation.objects.filter(pk=each.pk).update(last_at=timezone.now() - timedelta(minutes=number))
    client = client_of(alice)
    first = client.get("/inbox/rows/").json()
    assert len(first["rows"]) == 20
    second = client.get("/inbox/rows/", {"before": first["older"]}).json()
    assert [row["id"] for row in second["rows"]] == [made[20].public_id, made[21].public_id]
    assert second["older"] == ""
    assert first["counts"] == {"mine": "0", "waiting": "0", "live": "0", "all": "22"}
    some = client.get("/inbox/rows/", {"ids": f"{made[3].public_id},cv_none", "state": "closed"}).json()
    assert [row["id"] for row in some["rows"]] == [made[3].public_id]
    assert client.get("/inbox/rows/", {"ids": made[3].public_id, "state": "open"}).json()["rows"] == []


# --- doing ------------------------------------------------------------------------------------


def test_closing_and_its_way_back(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert do(client, "reopen", talk.public_id) == {
        "words": "Conversation reopened.",
        "undo": [{"do": "close", "ids": [talk.public_id]}],
    }
    assert now(talk).status == "open"
    assert do(client, "close", talk.public_id)["undo"] == [{"do": "reopen", "ids": [talk.public_id]}]
    assert now(talk).status == "closed"
    assert now(talk).closed_at is not None
    assert do(client, "close", talk.public_id)["undo"] == []
    assert list(AuditEvent.objects.filter(target_id=talk.public_id).values_list("verb", flat=True).order_by("pk")) == [
        "conversation.reopened",
        "conversation.closed",
    ]


def test_assigning_many_goes_back_to_whose_each_was(
    agent: Agent, alice: User, oscar: User, client_of: ClientOf
) -> None:
    a, b = (make_conversation(agent, identity=("visitor", name)) for name in "ab")
    client = client_of(alice)
    do(client, "assign", a.public_id, user=alice.public_id)
    answer = do(client, "assign", a.public_id, b.public_id, user=oscar.public_id)
    assert answer["words"] == "Assigned to Oscar."
    assert [now(each).assignee for each in (a, b)] == [oscar, oscar]
    for fields in answer["undo"]:  # type: ignore[attr-defined]
        do(client, fields["do"], *fields["ids"], user=fields["user"])
    assert [now(each).assignee for each in (a, b)] == [alice, None]


def test_only_colleagues_who_work_in_conversations_get_them(
    talk: Conversation, alice: User, vera: User, charlie: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    refused = client.post("/inbox/do/", {"do": "assign", "ids": talk.public_id, "user": vera.public_id})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_a_colleague")
    stranger = {"do": "assign", "ids": talk.public_id, "user": charlie.public_id}
    assert client.post("/inbox/do/", stranger).status_code == 404
    assert now(talk).assignee is None


def test_tagging_and_its_way_back(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    tag = client.post("/inbox/tags/", {"name": " VIP  guest ", "colour": "purple"}).json()
    assert (tag["name"], tag["colour"]) == ("VIP guest", "purple")
    answer = do(client, "tag", talk.public_id, tag=tag["id"])
    assert answer["undo"] == [{"do": "untag", "ids": [talk.public_id], "tag": tag["id"]}]
    assert "VIP guest" in html(client, f"/inbox/?tag={tag['id']}").split('class="ib-rows"')[1]
    do(client, "untag", talk.public_id, tag=tag["id"])
    assert talk.tags.count() == 0


@pytest.mark.parametrize(
    ("name", "colour", "code"),
    [
        ("", "red", "tag_name"),
        ("x" * 41, "red", "tag_name"),
        ("vip", "beige", "tag_colour"),
        ("Vip", "red", "tag_taken"),
    ],
)
def test_tags_are_checked(alice: User, client_of: ClientOf, name: str, colour: str, code: str) -> None:
    client = client_of(alice)
    client.post("/inbox/tags/", {"name": "VIP", "colour": "red"})
    sent = {"name": name if code != "tag_colour" else "other", "colour": colour}
    answer = client.post("/inbox/tags/", sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert Tag.objects.count() == 1


def test_tags_are_changed_and_deleted(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    tag = client.post("/inbox/tags/", {"name": "VIP", "colour": "red"}).json()["id"]
    do(client, "tag", talk.public_id, tag=tag)
    assert client.post(f"/inbox/tags/{tag}/", {"name": "Regular", "colour": "blue"}).json()["name"] == "Regular"
    assert client.post(f"/inbox/tags/{tag}/delete/").status_code == 204
    assert talk.tags.count() == 0


def test_notes_and_marks(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    do(client, "note", talk.public_id, text=" Calls back on Monday. ")
    note = Note.objects.get()
    assert (note.text, note.author, note.conversation) == ("Calls back on Monday.", alice, talk)
    assert "Monday" not in json.dumps(list(AuditEvent.objects.values_list("data", flat=True)))
    empty = client.post("/inbox/do/", {"do": "note", "ids": talk.public_id, "text": "  "})
    assert empty.json()["error"]["code"] == "note_empty"
    assert do(client, "read", talk.public_id) == {"words": "", "undo": []}
    assert 'aria-label="unread"' not in html(client, "/inbox/").split('class="ib-rows"')[1]
    assert do(client, "unread", talk.public_id)["undo"] == [{"do": "read", "ids": [talk.public_id]}]
    assert now(talk).read_at is None


def test_all_of_them_or_none(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    do(client, "reopen", talk.public_id)
    assert client.post("/inbox/do/", {"do": "close", "ids": f"{talk.public_id},cv_nothing"}).status_code == 404
    assert now(talk).status == "open"
    for sent in ({}, {"do": "close"}, {"do": "explode", "ids": talk.public_id}, {"do": "close", "ids": "," * 5},
                 {"do": "close", "ids": ",".join(f"cv_{number}" for number in range(101))}):  # fmt: skip
        assert client.post("/inbox/do/", sent).status_code == 400


# --- roles and workspaces ---------------------------------------------------------------------


def test_viewers_look_and_do_nothing(talk: Conversation, vera: User, client_of: ClientOf) -> None:
    client = client_of(vera)
    page = html(client, "/inbox/")
    assert talk.public_id in page
    assert "data-select " not in page
    for what in ("assign", "tag", "close", "reopen", "read", "unread", "note"):
        assert client.post("/inbox/do/", {"do": what, "ids": talk.public_id, "text": "x"}).status_code == 403
    assert client.post("/inbox/tags/", {"name": "VIP"}).status_code == 403
    assert client.post("/inbox/views/", {"name": "Own", "query": "tab=live"}).status_code == 200
    assert client.post("/inbox/views/", {"name": "Ours", "query": "tab=live", "shared": "1"}).status_code == 403
    assert now(talk).read_at is None


def test_another_workspace_sees_and_touches_nothing(
    talk: Conversation, alice: User, charlie: User, client_of: ClientOf
) -> None:
    tag = client_of(alice).post("/inbox/tags/", {"name": "VIP"}).json()["id"]
    client = client_of(charlie)
    assert talk.public_id not in html(client, "/inbox/")
    assert f'data-row="{talk.public_id}"' not in html(client, f"/inbox/?q={talk.public_id}")
    assert client.get("/inbox/rows/", {"ids": talk.public_id}).json()["rows"] == []
    for what in ("assign", "tag", "close", "reopen", "read", "unread", "note"):
        assert (
            client.post("/inbox/do/", {"do": what, "ids": talk.public_id, "tag": tag, "text": "x"}).status_code == 404
        )
    own = make_conversation(_published(charlie))
    assert client.post("/inbox/do/", {"do": "tag", "ids": own.public_id, "tag": tag}).status_code == 404


def _published(user: User) -> Agent:
    made = make_agent(user.workspaces.get())
    publish(made)
    return made


# --- views ------------------------------------------------------------------------------------


def view(client: Client, name: str, query: str = "tab=live", **more: str) -> str:
    response = client.post("/inbox/views/", {"name": name, "query": query, **more})
    assert response.status_code == 200, response.content
    return str(response.json()["id"])


def test_a_view_keeps_the_filters_and_nothing_else(talk: Conversation, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    view(client, "Late", f"c=cv_x&evil=1&q=saturday&tab=live&agent={talk.agent.public_id}&state=")
    assert SavedView.objects.get().query == f"tab=live&q=saturday&agent={talk.agent.public_id}"
    page = html(client, f"/inbox/?{SavedView.objects.get().query}")
    assert '<h1 id="ib-title">Late</h1>' in page


def test_views_of_one_s_own_and_of_the_team(alice: User, bob: User, vera: User, client_of: ClientOf) -> None:
    own, shared = view(client_of(alice), "Own"), view(client_of(alice), "Ours", shared="1")
    for user, seen in ((alice, {"Own", "Ours"}), (bob, {"Ours"}), (vera, {"Ours"})):
        page = html(client_of(user), "/inbox/").split("data-views")[1].split("</details>")[0]
        assert {name for name in ("Own", "Ours") if f">{name}<" in page} == seen
    assert client_of(bob).post(f"/inbox/views/{own}/", {"name": "x"}).status_code == 404
    assert client_of(bob).post(f"/inbox/views/{own}/delete/").status_code == 404
    assert client_of(vera).post(f"/inbox/views/{shared}/delete/").status_code == 403
    assert client_of(vera).post(f"/inbox/views/{shared}/", {"name": "Mine now"}).status_code == 403
    assert client_of(bob).post(f"/inbox/views/{shared}/", {"name": "All of us", "shared": "1"}).status_code == 200
    assert client_of(bob).post(f"/inbox/views/{shared}/delete/").status_code == 204
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Own"}


def test_views_are_put_in_order(alice: User, vera: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    a, b, c = view(client, "A"), view(client, "B"), view(client, "C", shared="1")
    assert client.post("/inbox/views/order/", {"ids": f"{c},{a},{b},zz"}).status_code == 204
    assert list(SavedView.objects.values_list("name", flat=True)) == ["C", "A", "B"]
    client_of(vera).post("/inbox/views/order/", {"ids": f"{b},{c}"})
    assert list(SavedView.objects.values_list("name", flat=True)) == ["C", "A", "B"]


def test_views_are_checked(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    view(client, "Own")
    for name, code in (("", "view_name"), ("x" * 61, "view_name"), ("OWN", "view_taken")):
        answer = client.post("/inbox/views/", {"name": name, "query": ""})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    view(client, "Own", shared="1")
