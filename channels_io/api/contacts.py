"""/api/v1/contacts/: people, their addresses, and what is known of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_io.actions.erase_fact import erase_fact
from channels_io.actions.rename_contact import rename_contact
from channels_io.actions.write_fact import write_fact
from channels_io.fact_rules import LONGEST_VALUE
from channels_io.models import Contact, Fact
from channels_io.reads.contacts import contact_rows, contacts_of, read_contact, read_contacts
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer


class IdentitySerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="phone (E.164), whatsapp (Meta's user id), email, api, visitor, user.")
    value = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True, help_text="When the person proved to have it.")


class FactSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    value = serializers.CharField()
    source = serializers.ChoiceField(choices=Fact.Source.choices)  # type: ignore[assignment]  # declared, then collected
    conversation = serializers.CharField(
        source="conversation.public_id", allow_null=True, default=None, help_text="In which it was learnt."
    )
    learnt_at = serializers.DateTimeField()


class ContactSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="contact.public_id")
    name = serializers.CharField(source="contact.name", allow_blank=True)
    zone = serializers.CharField(source="contact.zone", allow_blank=True)
    language = serializers.CharField(source="contact.language", allow_blank=True)
    identities = IdentitySerializer(many=True)
    conversations = serializers.IntegerField(help_text="How many.")
    created_at = serializers.DateTimeField(source="contact.created_at")
    seen_at = serializers.DateTimeField(source="contact.seen_at")


class ContactPageSerializer(serializers.Serializer[Any]):
    results = ContactSerializer(many=True)
    older = serializers.CharField(allow_blank=True, help_text="`before` of the next page; empty on the last one.")
    newer = serializers.CharField(allow_blank=True, help_text="`after` of the page before this.")


class OptOutSerializer(serializers.Serializer[Any]):
    scope = serializers.CharField(help_text="What is not wanted: sms, whatsapp, call.")
    address = serializers.CharField()


class ContactDetailSerializer(ContactSerializer):
    facts = FactSerializer(many=True)
    opt_outs = OptOutSerializer(many=True)


class ContactQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, max_length=100, help_text="A name, or digits of a number.")
    before = serializers.CharField(required=False, max_length=80)
    after = serializers.CharField(required=False, max_length=80)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=25)


class ContactEditSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, allow_blank=True)


class FactWriteSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60, help_text="The variable that agents know it by.")
    value = serializers.CharField(max_length=LONGEST_VALUE)


class ContactList(APIView):
    permission_classes = [HasScope("contacts:read")]

    @extend_schema(operation_id="contacts_list", parameters=[ContactQuery], responses={200: ContactPageSerializer})
    def get(self, request: Request) -> Response:
        """Last seen first, in pages."""
        query = ContactQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        page = read_contacts(
            actor_of(request),
            asked.get("q", ""),
            before=asked.get("before", ""),
            after=asked.get("after", ""),
            size=asked["limit"],
        )
        return Response(ContactPageSerializer({"results": page.rows, "older": page.older, "newer": page.newer}).data)


class ContactDetail(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("contacts:read" if self.request.method == "GET" else "contacts:write")()]

    @extend_schema(operation_id="contacts_read", responses={200: ContactDetailSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """One person, with what is known of them."""
        return Response(_detail(_row(request, public_id)))

    @extend_schema(
        operation_id="contacts_edit", request=ContactEditSerializer, responses={200: ContactDetailSerializer}
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Another name."""
        contact = _row(request, public_id)
        read = ContactEditSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        rename_contact(actor_of(request), contact, name=read.validated_data["name"])
        return Response(_detail(_row(request, public_id)))


class ContactFacts(APIView):
    permission_classes = [HasScope("contacts:write")]

    @extend_schema(operation_id="contacts_fact_write", request=FactWriteSerializer, responses={200: FactSerializer})
    def put(self, request: Request, public_id: str) -> Response:
        """Write down what is known, or another value of it; agents know it from the person's next conversation on."""
        contact = _row(request, public_id)
        read = FactWriteSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        return Response(FactSerializer(write_fact(actor_of(request), contact, **read.validated_data)).data)


class ContactFact(APIView):
    permission_classes = [HasScope("contacts:write")]

    @extend_schema(operation_id="contacts_fact_erase", responses={204: OpenApiResponse()})
    def delete(self, request: Request, public_id: str, fact_id: str) -> Response:
        """Forget it, wherever it stands."""
        contact = _row(request, public_id)
        erase_fact(actor_of(request), get_or_404(Fact, contact.workspace, fact_id, contact=contact))
        return Response(status=204)


def _detail(contact: Contact) -> dict[str, Any]:
    [row] = contact_rows([contact])
    record = read_contact(contact)
    shown = {
        "contact": contact,
        "identities": row.identities,
        "conversations": row.conversations,
        "facts": record.facts,
        "opt_outs": record.opt_outs,
    }
    data: dict[str, Any] = ContactDetailSerializer(shown).data
    return data


def _row(request: Request, public_id: str) -> Contact:
    """Whoever was merged or erased is nobody any more."""
    workspace = actor_of(request).workspace
    return get_or_404(contacts_of(workspace), workspace, public_id)
