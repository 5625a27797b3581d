"""What came of conversations, on pages: the analysis, follow-ups, prices, webhooks, files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_io.models import Analysis, Conversation, CostLine, Delivery, Endpoint, FollowUp, PriceList
from channels_io.outgoing import emit
from parley.accounts.models import AuditEvent, User, Workspace
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation

SignIn = Callable[[User], Client]


@pytest.fixture
def conversation(acme: Workspace) -> Conversation:
    agent = make_agent(acme)
    publish(agent)
    conversation = make_conversation(agent, contact_name="=HYPERLINK(1)")
    Conversation.objects.filter(pk=conversation.pk).update(outcome="Booked")
    Analysis.objects.filter(conversation=conversation).update(
        state="done",
        summary="Ann wants a <cleaning>.",
        sentiment="positive",
        fields={"reason": "cleaning", "guests": 4.0, "pain": False},
        unanswered=["Is there parking?"],
        contained=True,
        model="paper-1b",
        due_at=None,
        done_at=timezone.now(),
        of=conversation.last_at,
    )
    FollowUp.objects.create(
        workspace=acme, conversation=conversation, text="Call Ann back.", due_on=date(2020, 1, 1), source="agent"
    )
    CostLine.objects.create(
        workspace=acme, conversation=conversation, component="llm", unit="reply token", quantity=50, cost=4200
    )
    return conversation


def at(client: Client, name: str, *args: str, query: str = "", status: int = 200) -> str:
    response = client.get(reverse(f"channels_io:{name}", args=args) + query)
    assert response.status_code == status
    return response.content.decode()


def send(client: Client, name: str, /, *args: str, status: int = 302, **data: Any) -> HttpResponse:
    response: Any = client.post(reverse(f"channels_io:{name}", args=args), data)
    assert response.status_code == status, response.content
    return response


class TestAnalysis:
    @pytest.mark.parametrize("name", ["analysis", "conversation"])
    def test_it_is_shown(self, conversation: Conversation, client_of: SignIn, oscar: User, name: str) -> None:
        html = at(client_of(oscar), name, conversation.public_id)
        for words in (
            "Booked",
            "Ann wants a &lt;cleaning&gt;.",
            "Content",
            "Is there parking?",
            "Call Ann back.",
            "€0.0042",
        ):
            assert words in html
        assert "<dd>no</dd>" in html
        assert "<dd>4</dd>" in html

    def test_a_viewer_may_look_and_no_more(self, conversation: Conversation, client_of: SignIn, vera: User) -> None:
        client = client_of(vera)
        html = at(client, "analysis", conversation.public_id)
        assert "Ann wants" in html
        assert "<form" not in html
        follow_up = FollowUp.objects.get()
        send(client, "analysis-again", conversation.public_id, status=403)
        send(client, "follow-up-new", conversation.public_id, text="x", status=403)
        send(client, "follow-up-done", follow_up.public_id, status=403)
        send(client, "follow-up-assign", follow_up.public_id, status=403)

    @pytest.mark.parametrize(
        ("state", "code", "words"),
        [
            ("skipped", "", "Nobody said anything."),
            ("skipped", "off", "settings say not to look"),
            ("failed", "no_worker", "Without the model"),
            ("waiting", "", "It is looked at when"),
        ],
    )
    def test_every_state_says_what_it_is(
        self, conversation: Conversation, client_of: SignIn, vera: User, state: str, code: str, words: str
    ) -> None:
        due = timezone.now() if state == "waiting" else None
        done = None if state == "waiting" else timezone.now()
        Analysis.objects.update(state=state, error_code=code, due_at=due, done_at=done)
        html = at(client_of(vera), "analysis", conversation.public_id)
        assert words in html

    def test_once_more(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        send(client_of(oscar), "analysis-again", conversation.public_id)
        row = Analysis.objects.get()
        assert (row.state, row.due_at is not None) == ("waiting", True)
        assert AuditEvent.objects.filter(verb="conversation.analysed_again").count() == 1

    def test_what_was_never_looked_at_can_be(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        Analysis.objects.all().delete()
        Conversation.objects.update(status="open")
        assert "Look now" not in at(client_of(oscar), "analysis", conversation.public_id)
        Conversation.objects.update(status="closed")
        assert "Look now" in at(client_of(oscar), "analysis", conversation.public_id)
        send(client_of(oscar), "analysis-again", conversation.public_id)
        assert Analysis.objects.get().due_at is not None


class TestFollowUps:
    def test_the_list(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        client = client_of(oscar)
        html = at(client, "follow-ups")
        assert "Call Ann back." in html
        assert "fu-late" in html
        assert "Nothing to do" in at(client, "follow-ups", query="?show=mine")
        assert "Call Ann back." not in at(client, "follow-ups", query="?show=done")

    def test_assigned_done_and_open_again(
        self, conversation: Conversation, client_of: SignIn, oscar: User, charlie: User
    ) -> None:
        client, row = client_of(oscar), FollowUp.objects.get()
        send(client, "follow-up-assign", row.public_id, assignee=oscar.public_id)
        assert "Call Ann back." in at(client, "follow-ups", query="?show=mine")
        send(client, "follow-up-assign", row.public_id, assignee=charlie.public_id)
        row.refresh_from_db()
        assert row.assignee == oscar
        response: Any = send(client, "follow-up-done", row.public_id, done="yes", next="https://evil.example/")
        assert response["Location"] == reverse("channels_io:follow-ups")
        row.refresh_from_db()
        assert row.done_by == oscar
        assert "Call Ann back." in at(client, "follow-ups", query="?show=done")
        send(client, "follow-up-done", row.public_id, done="no")
        row.refresh_from_db()
        assert (row.done_at, row.done_by) == (None, None)

    def test_written_by_hand(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        client = client_of(oscar)
        send(client, "follow-up-new", conversation.public_id, text="  Send the  papers ", due_on="2026-12-01")
        made = FollowUp.objects.get(source="person")
        assert (made.text, made.due_on) == ("Send the papers", date(2026, 12, 1))
        send(client, "follow-up-new", conversation.public_id, text=" ")
        assert FollowUp.objects.count() == 2

    def test_the_sidebar_counts_them(self, conversation: Conversation, client_of: SignIn, vera: User) -> None:
        html = at(client_of(vera), "follow-ups")
        link = html.index(f'href="{reverse("channels_io:follow-ups")}"')
        assert ">1<" in "".join(html[link : link + 1500].split())


class TestExport:
    def rows(self, client: Client, query: str = "") -> list[dict[str, str]]:
        response: Any = client.get(reverse("channels_io:export-csv") + query)
        assert response.status_code == 200
        text = b"".join(response.streaming_content).decode()
        assert text.startswith("\ufeff")
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    def test_csv(self, conversation: Conversation, client_of: SignIn, oscar: User, globex: Workspace) -> None:
        other = make_agent(globex)
        publish(other)
        make_conversation(other)
        [row] = self.rows(client_of(oscar))
        assert row["conversation"] == conversation.public_id
        assert (row["outcome"], row["mood"], row["contained"]) == ("Booked", "positive", "yes")
        assert (row["field:reason"], row["field:guests"], row["field:pain"]) == ("cleaning", "4", "no")
        assert (row["cost_EUR"], row["follow_ups_open"], row["unanswered"]) == ("0.0042", "1", "Is there parking?")
        assert row["contact_name"] == "'=HYPERLINK(1)", "no spreadsheet calculates it"
        assert AuditEvent.objects.get(verb="conversations.exported").data == {"kind": "csv", "filters": []}

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("?outcome=Booked", 1),
            ("?outcome=Other", 0),
            ("?mood=positive", 1),
            ("?mood=negative", 0),
            ("?field.reason=cleaning", 1),
            ("?field.reason=filling", 0),
            ("?field.guests=4", 1),
            ("?field.pain=false", 1),
            ("?field.other=", 0),
            ("?q=Saturday", 1),
            ("?q=unheardof", 0),
            ("?state=test", 0),
        ],
    )
    def test_what_is_filtered(
        self, conversation: Conversation, client_of: SignIn, oscar: User, query: str, count: int
    ) -> None:
        assert len(self.rows(client_of(oscar), query)) == count

    def test_json(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        response: Any = client_of(oscar).get(reverse("channels_io:export-json"))
        [row] = json.loads(b"".join(response.streaming_content))
        assert row["fields"] == {"reason": "cleaning", "guests": 4.0, "pain": False}
        assert (row["cost"], row["currency"]) == (0.0042, "EUR")

    def test_nothing_is_a_file_too(self, acme: Workspace, client_of: SignIn, oscar: User) -> None:
        response: Any = client_of(oscar).get(reverse("channels_io:export-json"))
        assert json.loads(b"".join(response.streaming_content)) == []

    def test_a_viewer_takes_nothing_out(self, conversation: Conversation, client_of: SignIn, vera: User) -> None:
        at(client_of(vera), "export-csv", status=403)
        at(client_of(vera), "export-json", status=403)


class TestPrices:
    def test_saved_in_units_kept_in_millionths(self, acme: Workspace, client_of: SignIn, alice: User) -> None:
        client = client_of(alice)
        html = at(client, "prices")
        assert "All prices are 0" in html
        names = (
            "asr_minute",
            "llm_prompt",
            "llm_cached",
            "llm_reply",
            "tts_characters",
            "tts_minute",
            "carrier_minute",
        )
        send(client, "prices", gpu_hour="0.80", **dict.fromkeys(names, "0"))
        assert PriceList.objects.get().prices["gpu_hour"] == 800_000
        assert 'value="0.8"' in at(client, "prices")

    def test_nonsense_is_marked(self, acme: Workspace, client_of: SignIn, alice: User) -> None:
        response = send(client_of(alice), "prices", status=400, gpu_hour="-1")
        assert "Not saved" in response.content.decode()
        assert not PriceList.objects.exists()

    def test_others_look(self, acme: Workspace, client_of: SignIn, bob: User) -> None:
        assert "takes the role Owner" in at(client_of(bob), "prices")
        send(client_of(bob), "prices", status=403)


class TestEndpoints:
    def made(self, client: Client, settings: Any) -> tuple[Endpoint, str]:
        settings.PARLEY_EGRESS_ALLOW = ["127.0.0.1:9"]
        response = send(
            client, "endpoints", status=200, name="CRM", url="http://127.0.0.1:9/hook", events=["alert.raised"]
        )
        return Endpoint.objects.get(), response.content.decode()

    def test_the_secret_is_shown_once(self, acme: Workspace, client_of: SignIn, alice: User, settings: Any) -> None:
        client = client_of(alice)
        assert "Nobody is told yet" in at(client, "endpoints")
        endpoint, html = self.made(client, settings)
        assert "whsec_" in html
        assert "whsec_" not in at(client, "endpoints")
        assert "whsec_" not in at(client, "endpoint", endpoint.public_id)
        assert "whsec_" in send(client, "endpoint-secret", endpoint.public_id, status=200).content.decode()

    def test_the_log_and_what_was_sent(self, acme: Workspace, client_of: SignIn, alice: User, settings: Any) -> None:
        client = client_of(alice)
        endpoint, _html = self.made(client, settings)
        emit(acme, "alert.raised", None, {"text": "<b>Late</b>"}, "key")
        row = Delivery.objects.get()
        Delivery.objects.update(state="dead", status=500, answer="<i>no</i>", attempts=9, due_at=None)
        html = at(client, "endpoint", endpoint.public_id)
        assert "An alert was raised" in html
        assert "9 tries" in html
        assert "Nothing so far" in at(client, "endpoint", endpoint.public_id, query="?state=done")
        html = at(client, "delivery", endpoint.public_id, row.public_id)
        assert "&lt;b&gt;Late&lt;/b&gt;" in html
        assert "&lt;i&gt;no&lt;/i&gt;" in html
        assert row.body["id"] in html
        send(client, "delivery-replay", endpoint.public_id, row.public_id)
        assert Delivery.objects.filter(state="waiting").count() == 1

    def test_changed_tested_deleted(self, acme: Workspace, client_of: SignIn, alice: User, settings: Any) -> None:
        client = client_of(alice)
        endpoint, _html = self.made(client, settings)
        send(client, "endpoint-test", endpoint.public_id)
        assert Delivery.objects.get().event == "endpoint.test"
        send(client, "endpoint", endpoint.public_id, name="CRM 2", url=endpoint.url)
        endpoint.refresh_from_db()
        assert (endpoint.name, endpoint.events, endpoint.enabled) == ("CRM 2", [], False)
        bad = send(client, "endpoint", endpoint.public_id, status=400, name="CRM", url="http://10.0.0.1/", enabled="on")
        assert "p-error" in bad.content.decode()
        send(client, "endpoint-delete", endpoint.public_id)
        assert not Endpoint.objects.exists()

    def test_only_owners(self, acme: Workspace, client_of: SignIn, bob: User) -> None:
        at(client_of(bob), "endpoints", status=403)
        send(client_of(bob), "endpoints", status=403, name="x", url="https://example.com/")


class TestApi:
    def test_the_analysis(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        response = client_of(oscar).get(reverse("channels_io:api-analysis", args=[conversation.public_id]))
        body = response.json()
        assert response.status_code == 200
        assert (body["outcome"], body["fields"]["reason"], body["cost"]["total_micros"]) == ("Booked", "cleaning", 4200)
        assert body["follow_ups"][0]["text"] == "Call Ann back."

    def test_there_is_none_yet(self, conversation: Conversation, client_of: SignIn, oscar: User) -> None:
        Analysis.objects.all().delete()
        response = client_of(oscar).get(reverse("channels_io:api-analysis", args=[conversation.public_id]))
        assert response.status_code == 404


def test_old_deliveries_of_another_endpoint_are_not_found_here(
    acme: Workspace, client_of: SignIn, alice: User, settings: Any
) -> None:
    client = client_of(alice)
    first, _html = TestEndpoints().made(client, settings)
    emit(acme, "alert.raised", None, {}, "key")
    second: Endpoint = Endpoint.objects.create(workspace=acme, name="Other", url=first.url, secret="")
    row = Delivery.objects.get()
    at(client, "delivery", second.public_id, row.public_id, status=404)
    assert row.at - timezone.now() < timedelta(seconds=1)


def test_an_outsider_finds_nothing_of_it(
    conversation: Conversation, client_of: SignIn, charlie: User, alice: User, settings: Any
) -> None:
    endpoint, _html = TestEndpoints().made(client_of(alice), settings)
    emit(conversation.workspace, "alert.raised", None, {}, "key")
    row, follow_up = Delivery.objects.get(), FollowUp.objects.get()
    outsider = client_of(charlie)
    for name, *ids in (
        ("analysis", conversation.public_id),
        ("api-analysis", conversation.public_id),
        ("endpoint", endpoint.public_id),
        ("delivery", endpoint.public_id, row.public_id),
    ):
        at(outsider, name, *ids, status=404)
    for name, *ids in (
        ("analysis-again", conversation.public_id),
        ("follow-up-new", conversation.public_id),
        ("follow-up-done", follow_up.public_id),
        ("follow-up-assign", follow_up.public_id),
        ("endpoint", endpoint.public_id),
        ("endpoint-test", endpoint.public_id),
        ("endpoint-secret", endpoint.public_id),
        ("endpoint-delete", endpoint.public_id),
        ("delivery-replay", endpoint.public_id, row.public_id),
    ):
        send(outsider, name, *ids, status=404)
    assert "Call Ann back." not in at(outsider, "follow-ups")
    assert Endpoint.objects.count() == Delivery.objects.count() == FollowUp.objects.count() == 1
