from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from agents.models import Agent, Version
from parley.accounts.models import User, Workspace
from tests.support.agents import make_agent, publish

SignIn = Callable[[User], Client]


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    return make_agent(acme, "Front desk", greeting="One.")


@pytest.fixture
def bobs(client_of: SignIn, bob: User) -> Client:
    return client_of(bob)


def page(client: Client, name: str, *args: str, status: int = 200, query: str = "") -> str:
    response = client.get(reverse(f"agents:{name}", args=args) + query)
    assert response.status_code == status
    return response.content.decode()


def save(client: Client, agent: Agent, revision: Any, changes: Any) -> tuple[int, Any]:
    body = json.dumps({"revision": revision, "changes": changes})
    response = client.post(reverse("agents:draft", args=[agent.public_id]), body, content_type="application/json")
    return response.status_code, response.json()


class TestList:
    def test_nothing_yet(self, bobs: Client, acme: Workspace) -> None:
        html = page(bobs, "list")
        assert "Your first agent" in html
        assert "Add the demo agents" in html

    def test_a_viewer_is_not_offered_what_is_not_allowed(self, client_of: SignIn, vera: User) -> None:
        html = page(client_of(vera), "list")
        assert "Add the demo agents" not in html
        assert reverse("agents:create") not in html

    def test_cards(self, bobs: Client, agent: Agent, acme: Workspace, globex: Workspace) -> None:
        make_agent(globex, "Secret of Globex")
        publish(make_agent(acme, "Live one"))
        html = page(bobs, "list")
        assert html.count('class="p-card ag-card"') == 2
        assert "Draft, not published" in html
        assert "Live · version 1" in html
        assert "Secret of Globex" not in html
        assert f"{reverse('channels_io:call', args=[agent.public_id])}?version=draft" in html

    def test_search_and_archive(self, bobs: Client, agent: Agent, acme: Workspace) -> None:
        make_agent(acme, "Pizza")
        assert "Front desk" not in page(bobs, "list", query="?q=piz\x00za")
        assert "No agent is called “&lt;b&gt;”" in page(bobs, "list", query="?q=<b>")
        bobs.post(reverse("agents:archive", args=[agent.public_id]))
        assert "Front desk" not in page(bobs, "list").split("ag-cards")[1]
        assert "Front desk" in page(bobs, "list", query="?archived=1")

    def test_long_lists_have_pages(self, bobs: Client, acme: Workspace) -> None:
        for number in range(25):
            make_agent(acme, f"Agent {number}")
        assert page(bobs, "list").count('class="p-card ag-card"') == 24
        assert page(bobs, "list", query="?page=2").count('class="p-card ag-card"') == 1
        assert page(bobs, "list", query="?page=nonsense").count('class="p-card ag-card"') == 24


class TestCreate:
    def test_from_a_starter(self, bobs: Client, acme: Workspace) -> None:
        response = bobs.post(reverse("agents:create"), {"name": "My desk", "starter": "dental"})
        agent = Agent.objects.get()
        assert response["Location"] == reverse("agents:detail", args=[agent.public_id])
        assert (agent.name, agent.draft.voice_name) == ("My desk", "heart")

    def test_a_missing_name_says_so_and_keeps_the_choice(self, bobs: Client, acme: Workspace) -> None:
        response = bobs.post(reverse("agents:create"), {"name": " ", "starter": "pizza"})
        html = response.content.decode()
        assert response.status_code == 400
        assert "Name is empty. Write something here." in html
        assert 'value="pizza" data-name="Pizza line" checked' in html

    def test_demo(self, bobs: Client, acme: Workspace) -> None:
        for _twice in range(2):
            assert bobs.post(reverse("agents:demo")).status_code == 302
        assert set(Agent.objects.values_list("slug", flat=True)) == {"reception", "pizza", "booking"}


class TestDetail:
    def test_a_builder_edits(self, bobs: Client, agent: Agent) -> None:
        html = page(bobs, "detail", agent.public_id)
        assert 'id="editor-config"' in html
        assert "Not published yet" in html
        assert "disabled>" not in html.split("ag-all")[1].split("<legend")[0]

    def test_a_viewer_looks(self, client_of: SignIn, vera: User, agent: Agent) -> None:
        html = page(client_of(vera), "detail", agent.public_id)
        assert "Changing it takes the role of a builder." in html
        assert '<fieldset class="ag-all" disabled>' in html
        assert "data-publish>" not in html

    def test_text_of_users_is_escaped(self, bobs: Client, acme: Workspace) -> None:
        agent = make_agent(acme, "</script><b>", greeting='"><img src=x>', hints=["</script>"])
        html = page(bobs, "detail", agent.public_id)
        assert "<img src=x>" not in html
        assert "</script><b>" not in html

    def test_no_inline_script_or_style(self, bobs: Client, agent: Agent) -> None:
        html = page(bobs, "detail", agent.public_id)
        main = html[html.index("data-editor") :]
        assert " style=" not in main.split("</main>")[0]
        assert "onclick" not in main

    def test_other_languages_are_rows_of_choices(self, bobs: Client, acme: Workspace) -> None:
        agent = make_agent(acme, languages=[{"language": "xx", "voice": "gone/voice"}], notices_language=True)
        html = page(bobs, "detail", agent.public_id)
        rows = html.split('data-rows="languages"')[1].split("</template>")[0]
        assert re.findall(r'data-column="(\w+)"', rows) == ["language", "voice"]
        assert '<option value="">The same voice</option>' in rows
        assert '<option value="hibari/heart">heart</option>' in rows
        assert re.search(r'id="notices_language"[^>]* checked', html)

    def test_an_archived_agent_is_read_only(self, bobs: Client, agent: Agent) -> None:
        bobs.post(reverse("agents:archive", args=[agent.public_id]))
        html = page(bobs, "detail", agent.public_id)
        assert "This agent is archived" in html
        assert '<fieldset class="ag-all" disabled>' in html
        assert save(bobs, agent, 2, {"greeting": "x"})[1]["error"]["code"] == "agent_archived"


class TestAutosave:
    def test_a_save_answers_with_the_state(self, bobs: Client, agent: Agent) -> None:
        publish(agent)
        status, body = save(bobs, agent, 2, {"greeting": "Two.\x00", "name": "Desk"})
        assert status == 200
        assert (body["revision"], body["status"], body["number"], body["differs"]) == (3, "changed", 1, ["greeting"])
        assert body["changed"] == [{"name": "greeting", "label": "Greeting"}]
        assert [notice["code"] for notice in body["notices"]] == ["cleaned"]
        assert (body["content"]["greeting"], body["content"]["name"], body["undo"]) == ("Two.", "Desk", True)

    def test_problems_come_back_live(self, bobs: Client, agent: Agent) -> None:
        body = save(bobs, agent, 2, {"instructions": ""})[1]
        assert body["can_publish"] is False
        assert [(p["field"], p["label"], p["code"]) for p in body["problems"]] == [
            ("instructions", "Instructions", "required")
        ]

    def test_a_conflict_keeps_both(self, bobs: Client, agent: Agent) -> None:
        save(bobs, agent, 2, {"greeting": "Theirs."})
        status, body = save(bobs, agent, 2, {"greeting": "Mine."})
        assert (status, body["error"]["code"], body["error"]["revision"]) == (409, "draft_stale", 3)
        assert body["error"]["conflicts"]["greeting"]["value"] == "Theirs."

    def test_a_refused_value_rolls_the_name_back_too(self, bobs: Client, agent: Agent) -> None:
        status, body = save(bobs, agent, 2, {"name": "New", "hints": "x"})
        assert (status, body["error"]["problems"][0]["field"]) == (400, "hints")
        agent.refresh_from_db()
        assert agent.name == "Front desk"

    @pytest.mark.parametrize("body", ["", "{", "[]", "[" * 5000, '{"revision": true}', '{"revision": 2, "changes": 3}'])
    def test_garbage(self, bobs: Client, agent: Agent, body: str) -> None:
        url = reverse("agents:draft", args=[agent.public_id])
        response = bobs.post(url, body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "not_json")

    def test_lone_surrogates_are_cleaned(self, bobs: Client, agent: Agent) -> None:
        url = reverse("agents:draft", args=[agent.public_id])
        body = r'{"revision": 2, "changes": {"greeting": "Hi \ud800there"}}'
        assert bobs.post(url, body, content_type="application/json").json()["content"]["greeting"] == "Hi there"

    def test_undo(self, bobs: Client, agent: Agent) -> None:
        save(bobs, agent, 2, {"greeting": "Two."})
        url = reverse("agents:undo", args=[agent.public_id])
        body = bobs.post(url, json.dumps({"revision": 3}), content_type="application/json").json()
        assert (body["content"]["greeting"], body["revision"]) == ("One.", 4)

    def test_get_is_the_draft_now(self, bobs: Client, agent: Agent) -> None:
        body = bobs.get(reverse("agents:draft", args=[agent.public_id])).json()
        assert (body["revision"], body["content"]["greeting"]) == (2, "One.")


class TestPublish:
    def test_the_dialog_shows_what_changes(self, bobs: Client, agent: Agent) -> None:
        publish(agent)
        save(bobs, agent, 2, {"greeting": "Two."})
        html = page(bobs, "publish", agent.public_id, query="?part=1")
        assert "<html" not in html
        assert "as version 2" in html
        assert "<b>Two</b>" in html
        assert 'name="revision" value="3"' in html

    def test_publishing(self, bobs: Client, agent: Agent) -> None:
        url = reverse("agents:publish", args=[agent.public_id])
        response = bobs.post(url, {"note": "first", "revision": "2"})
        assert response["Location"] == reverse("agents:detail", args=[agent.public_id])
        assert Version.objects.get().note == "first"
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["Version 1 is live."]

    def test_a_draft_that_changed_meanwhile(self, bobs: Client, agent: Agent) -> None:
        save(bobs, agent, 2, {"greeting": "Two."})
        response = bobs.post(reverse("agents:publish", args=[agent.public_id]), {"note": "kept", "revision": "2"})
        html = response.content.decode()
        assert response.status_code == 409
        assert "The draft was changed meanwhile." in html
        assert 'value="kept"' in html

    def test_problems_stop_it(self, bobs: Client, agent: Agent) -> None:
        save(bobs, agent, 2, {"instructions": ""})
        assert "disabled>" in page(bobs, "publish", agent.public_id, query="?part=1")
        response = bobs.post(reverse("agents:publish", args=[agent.public_id]), {})
        assert (response.status_code, Version.objects.count()) == (409, 0)


class TestVersions:
    def test_the_way_of_a_version(self, bobs: Client, agent: Agent) -> None:
        first = publish(agent, "the <first>")
        save(bobs, agent, 2, {"greeting": "Two."})
        second = publish(agent)
        html = page(bobs, "versions", agent.public_id)
        assert html.index("Version 2") < html.index("Version 1")
        assert "the &lt;first&gt;" in html
        assert "<b>Two</b>" in page(bobs, "version", agent.public_id, second.public_id)
        assert "No difference." in page(bobs, "version", agent.public_id, second.public_id, query="?against=draft")
        assert "What it says" in page(bobs, "version", agent.public_id, first.public_id)
        response = bobs.post(reverse("agents:restore", args=[agent.public_id, first.public_id]))
        assert response.status_code == 302
        agent.draft.refresh_from_db()
        assert agent.draft.greeting == "One."

    def test_any_two_versions_are_compared(self, bobs: Client, agent: Agent) -> None:
        first = publish(agent, "the first")
        save(bobs, agent, 2, {"greeting": "Two."})
        second = publish(agent)
        save(bobs, agent, 3, {"greeting": "Three."})
        third = publish(agent)
        html = page(bobs, "versions", agent.public_id)
        assert html.count(f'<option value="{first.public_id}"') == 2
        compare = reverse("agents:compare", args=[agent.public_id])
        for chosen in ((first, third), (third, first)):
            sides = {"first": chosen[0].public_id, "second": chosen[1].public_id}
            response = bobs.get(compare, sides, follow=True)
            assert response.redirect_chain == [
                (f"{reverse('agents:version', args=[agent.public_id, third.public_id])}?against={first.public_id}", 302)
            ]
            html = response.content.decode()
            assert "From version 1 to version 3" in html
            assert re.search(r"is-removed.*One.*is-added.*Three", html, re.DOTALL)
            assert "Two" not in html.split("ag-changes")[1]
        drafted = bobs.get(compare, {"first": second.public_id, "second": "draft"}, follow=True).content.decode()
        assert "From version 2 to the draft" in drafted
        same = bobs.get(compare, {"first": second.public_id, "second": second.public_id}, follow=True)
        assert "No difference." in same.content.decode()

    def test_the_older_stands_first_whichever_page_it_is(self, bobs: Client, agent: Agent) -> None:
        first = publish(agent)
        save(bobs, agent, 2, {"greeting": "Two."})
        second = publish(agent)
        html = page(bobs, "version", agent.public_id, first.public_id, query=f"?against={second.public_id}")
        assert "From version 1 to version 2" in html
        assert re.search(r"is-removed.*One.*is-added.*Two", html, re.DOTALL)
        page(bobs, "version", agent.public_id, first.public_id, query="?against=vn_none", status=404)

    def test_one_version_is_compared_with_none(self, bobs: Client, agent: Agent) -> None:
        publish(agent)
        assert reverse("agents:compare", args=[agent.public_id]) not in page(bobs, "versions", agent.public_id)
        nothing = bobs.get(reverse("agents:compare", args=[agent.public_id]), {"first": "draft", "second": "draft"})
        assert nothing["Location"] == reverse("agents:versions", args=[agent.public_id])
        assert bobs.get(reverse("agents:compare", args=[agent.public_id])).status_code == 302

    def test_none_yet(self, bobs: Client, agent: Agent) -> None:
        assert "No version yet" in page(bobs, "versions", agent.public_id)

    def test_the_download_is_the_stored_spec(self, bobs: Client, agent: Agent) -> None:
        version = publish(agent)
        response = bobs.get(reverse("agents:spec", args=[agent.public_id, version.public_id]))
        assert response.content.decode() == version.spec
        assert response["Content-Disposition"] == 'attachment; filename="front-desk-v1.json"'


class TestLifecycle:
    def test_duplicate_archive_and_back(self, bobs: Client, agent: Agent) -> None:
        response = bobs.post(reverse("agents:duplicate", args=[agent.public_id]))
        copy = Agent.objects.exclude(pk=agent.pk).get()
        assert response["Location"] == reverse("agents:detail", args=[copy.public_id])
        bobs.post(reverse("agents:archive", args=[agent.public_id]))
        agent.refresh_from_db()
        assert agent.is_archived
        bobs.post(reverse("agents:unarchive", args=[agent.public_id]))
        agent.refresh_from_db()
        assert not agent.is_archived

    @pytest.mark.parametrize("name", ["duplicate", "archive", "unarchive", "undo", "preview"])
    def test_writes_are_posts(self, bobs: Client, agent: Agent, name: str) -> None:
        assert bobs.get(reverse(f"agents:{name}", args=[agent.public_id])).status_code == 405


GETS = ["detail", "draft", "publish", "versions", "compare"]
POSTS = ["draft", "undo", "publish", "preview", "duplicate", "archive", "unarchive"]


@pytest.mark.parametrize("name", POSTS)
def test_a_viewer_writes_nothing(client_of: SignIn, vera: User, agent: Agent, name: str) -> None:
    body = json.dumps({"revision": 2, "changes": {"greeting": "x"}})
    response = client_of(vera).post(
        reverse(f"agents:{name}", args=[agent.public_id]), body, content_type="application/json"
    )
    assert response.status_code == 403
    agent.draft.refresh_from_db()
    assert agent.draft.revision == 2


@pytest.mark.parametrize(("method", "name"), [*(("get", n) for n in GETS), *(("post", n) for n in POSTS)])
def test_an_outsider_finds_nothing(
    client_of: SignIn, charlie: User, globex: Workspace, agent: Agent, method: str, name: str
) -> None:
    response: HttpResponse = getattr(client_of(charlie), method)(reverse(f"agents:{name}", args=[agent.public_id]))
    assert response.status_code == 404


def test_an_outsider_finds_no_version(client_of: SignIn, charlie: User, globex: Workspace, agent: Agent) -> None:
    version = publish(agent)
    own = make_agent(globex)
    client = client_of(charlie)
    for owner in (agent, own):
        for name in ("version", "spec"):
            assert client.get(reverse(f"agents:{name}", args=[owner.public_id, version.public_id])).status_code == 404
        assert client.post(reverse("agents:restore", args=[owner.public_id, version.public_id])).status_code == 404
        sides = {"first": version.public_id, "second": "draft"}
        assert client.get(reverse("agents:compare", args=[owner.public_id]), sides).status_code == 404
    mine = publish(own)
    query = f"?against={version.public_id}"
    assert client.get(reverse("agents:version", args=[own.public_id, mine.public_id]) + query).status_code == 404


@pytest.mark.parametrize("name", ["list", "create"])
def test_strangers_sign_in_first(db: None, name: str) -> None:
    response = Client().get(reverse(f"agents:{name}"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))
