"""One of everything in Acme, by the name the house tests use for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model

from channels_io.actions.add_follow_up import add_follow_up
from channels_io.actions.ask_for_person import ask_for_person
from channels_io.actions.find_contact import find_contact
from channels_io.actions.merge_contacts import merge_contacts
from channels_io.actions.queue_message import queue_message
from channels_io.actions.raise_alert import raise_alert
from channels_io.actions.save_account import create_account
from channels_io.actions.save_channel import create_channel
from channels_io.actions.save_reserved_places import ReservedValues, save_reserved_places
from channels_io.actions.save_tag import save_tag
from channels_io.actions.save_team import TeamValues, save_team
from channels_io.actions.save_test_case import save_test_case
from channels_io.actions.save_view import save_view
from channels_io.actions.set_opt_out import opt_out
from channels_io.actions.write_fact import write_fact
from channels_io.messaging.content import TextContent
from channels_io.models import AlertRule, Campaign, Channel, CostLine, Delivery, Endpoint, InboundEvent, PriceList
from channels_io.outgoing import emit
from channels_io.outgoing.secrets import give_secret
from channels_io.reads.threads import thread_for
from channels_io.widget_settings import WIDGET_KIND
from parley.accounts.actions import issue_api_key
from parley.accounts.actor import system_actor
from parley.accounts.models import ApiKey, Membership, User, Workspace
from parley.accounts.roles import SCOPE_PERMISSIONS
from parley.admin_site import WorkspaceAdmin
from parley.lib.ids import new_id
from tests.support.agents import make_agent, publish
from tests.support.conversations import make_conversation
from tests.support.providers import make_provider
from tests.support.tools import make_secret, make_tool
from tests.support.trials import booking
from tests.support.voices import make_voice

SCOPES = tuple(SCOPE_PERMISSIONS)


class World:
    """Everything of one workspace that an address can name."""

    def __init__(self, workspace: Workspace, member: User) -> None:
        self.workspace = workspace
        self.agent = make_agent(workspace, record_audio=True)
        self.version = publish(self.agent)
        self.channel: Channel = Channel.objects.create(
            workspace=workspace, kind=WIDGET_KIND, name="Site", agent=self.agent, enabled=True
        )
        self.account = create_account(
            system_actor(workspace), provider="twilio", name="Twilio", secrets={}, simulated=True
        )
        self.line: Channel = create_channel(
            system_actor(workspace),
            kind="twilio_voice",
            name="Line",
            agent=self.agent,
            account=self.account,
            address="+15550104711",
        )
        self.conversation = make_conversation(self.agent, channel=self.channel, recorded=True)
        self.leg = self.conversation.legs.get()
        self._people()
        self.case = save_test_case(system_actor(workspace), booking(self.agent), name="Booking")
        self.secret = make_secret(workspace)
        self.provider = make_provider(workspace)
        self.cloned_voice = make_voice(workspace)
        self.tool = make_tool(workspace, auth="bearer", secret=self.secret.name)
        self._messages()
        self.membership = Membership.objects.get(workspace=workspace, user=member)
        self.campaign: Campaign = Campaign.objects.create(workspace=workspace, name="Reminders", channel=self.channel)
        self.team = save_team(system_actor(workspace), TeamValues(name="Desk", members={member.public_id: []}))
        self.handoff = ask_for_person(self.conversation, team=self.team, key="world")
        self.reserved = save_reserved_places(system_actor(workspace), ReservedValues(agent=self.agent, places=2))
        self.alert = raise_alert(workspace, "guard_budget", "guard:budget", "The budget is used up.")
        self.tag = save_tag(system_actor(workspace), None, name="VIP", colour="purple")
        self.view = save_view(system_actor(workspace), None, name="Live", query="tab=live", shared=True)
        self.rule: AlertRule = AlertRule.objects.create(workspace=workspace, name="Slow", metric="p95_ms", limit=900.0)
        self.turn = self.conversation.turns.filter(role="caller").earliest("pk")
        self.key, _secret = issue_api_key(system_actor(workspace), name="Site", scopes=["agents:read"])
        self._after()

    def _people(self) -> None:
        """Who that was, what is known of them, and who turned out to be the same."""
        actor = system_actor(self.workspace)
        self.contact = self.conversation.contact
        self.fact = write_fact(actor, self.contact, name="city", value="Cork")
        self.merge = merge_contacts(actor, self.contact, find_contact(self.workspace, [("phone", "+353861234597")]))

    def _messages(self) -> None:
        """A message that came, its answer, and somebody who wants no more."""
        thread = thread_for(self.line, "+353861234599", self.conversation.contact)
        InboundEvent.objects.create(
            workspace=self.workspace, account=self.account, channel=self.line, thread=thread, kind="message", key="SM1"
        )
        queue_message(thread=thread, content=TextContent("We open at nine."), key="answer")
        opt_out(self.workspace, "sms", "+353861234598", source="test")

    def _after(self) -> None:
        """What came of the conversation, and who is told."""
        actor = system_actor(self.workspace)
        self.follow_up = add_follow_up(actor, self.conversation, text="Call back.")
        self.endpoint = Endpoint(workspace=self.workspace, name="CRM", url="https://example.com/hook")
        self.endpoint.public_id = new_id(Endpoint.id_prefix)
        give_secret(self.endpoint)
        self.endpoint.save()
        emit(self.workspace, "alert.raised", None, {}, "world")
        self.delivery = Delivery.objects.get(endpoint=self.endpoint)
        PriceList.objects.create(workspace=self.workspace, prices={})
        CostLine.objects.create(
            workspace=self.workspace, conversation=self.conversation, component="gpu", unit="second", quantity=1, cost=1
        )

    def ids(self) -> dict[str, str]:
        return {
            name: getattr(self, name).public_id
            for name in (
                "agent",
                "version",
                "channel",
                "line",
                "account",
                "conversation",
                "leg",
                "contact",
                "fact",
                "merge",
                "case",
                "membership",
                "key",
                "tool",
                "secret",
                "provider",
                "cloned_voice",
                "campaign",
                "alert",
                "team",
                "handoff",
                "reserved",
                "tag",
                "view",
                "follow_up",
                "endpoint",
                "delivery",
                "rule",
                "turn",
            )
        }

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All that is stored of this workspace, to see that nothing moved."""
        found: dict[str, list[dict[str, Any]]] = {}
        for model in self.models():
            found[model._meta.label] = list(
                model._default_manager.filter(workspace=self.workspace).order_by("pk").values()
            )
        return found

    def models(self) -> Iterator[type[Model]]:
        from django.apps import apps

        for model in apps.get_models():
            if any(field.name == "workspace" for field in model._meta.get_fields()):
                yield model

    def admin_object(self, model: type[Model]) -> Model | None:
        """An object of this workspace for a model's admin page."""
        model_admin = admin.site._registry[model]
        assert isinstance(model_admin, WorkspaceAdmin), f"{model.__name__}Admin must be a WorkspaceAdmin"
        return model._default_manager.filter(**{model_admin.workspace_path: self.workspace}).first()


def api_key_of(workspace: Workspace) -> tuple[ApiKey, str]:
    return issue_api_key(system_actor(workspace), name="All scopes", scopes=SCOPES)
