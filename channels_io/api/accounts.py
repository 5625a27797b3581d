"""/api/v1/accounts/: carrier accounts. Their secrets are written, never read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_io.actions.save_account import create_account, delete_account, edit_account
from channels_io.actions.test_account import test_account
from channels_io.models import Account
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer


class AccountSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    provider = serializers.ChoiceField(choices=Account.Provider.choices)
    name = serializers.CharField()
    number = serializers.CharField(help_text="The carrier's own id: an account SID, a WhatsApp Business Account id.")
    simulated = serializers.BooleanField(help_text="It speaks to the simulator of this machine and reaches nobody.")
    secrets_set = serializers.DictField(child=serializers.DateTimeField(), help_text="When each was set, by name.")
    tested_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(allow_blank=True, help_text="Of the last test; empty after a good one.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SecretsSerializer(StrictSerializer):
    """Twilio: auth_token, and if wanted api_key with api_secret. Meta: access_token, app_secret."""

    auth_token = serializers.CharField(required=False, write_only=True, max_length=64)
    api_key = serializers.CharField(required=False, write_only=True, max_length=64, allow_blank=True)
    api_secret = serializers.CharField(required=False, write_only=True, max_length=64, allow_blank=True)
    access_token = serializers.CharField(required=False, write_only=True, max_length=1000)
    app_secret = serializers.CharField(required=False, write_only=True, max_length=64)


class AccountWriteSerializer(StrictSerializer):
    provider = serializers.ChoiceField(choices=Account.Provider.choices)
    name = serializers.CharField(max_length=120)
    number = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    simulated = serializers.BooleanField(default=False, help_text="It invents its number and secrets itself.")
    secrets = SecretsSerializer(required=False, write_only=True)

    def validate_simulated(self, simulated: bool) -> bool:
        if simulated and not settings.PARLEY_SIMULATORS:
            raise serializers.ValidationError("Simulators are off on this server.", code="simulators_off")
        return simulated


class AccountEditSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    secrets = SecretsSerializer(required=False, write_only=True, help_text="What is left out stays.")


class FoundSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=("good", "warn", "bad", "skipped"))
    text = serializers.CharField(help_text="The exact reason.")
    advice = serializers.CharField(allow_blank=True, help_text="What to do about it.")


class AccountList(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("channels:read" if self.request.method == "GET" else "channels:write")()]

    @extend_schema(operation_id="accounts_list", responses={200: AccountSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All carrier accounts of the workspace, by name."""
        rows = Account.objects.of(actor_of(request).workspace)
        return Response(AccountSerializer(rows, many=True).data)

    @sensitive_variables()
    @extend_schema(operation_id="accounts_create", request=AccountWriteSerializer, responses={201: AccountSerializer})
    def post(self, request: Request) -> Response:
        """Add a carrier account. Nothing is asked of the carrier; test it afterwards."""
        read = AccountWriteSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        sent = read.validated_data
        account = create_account(actor_of(request), **{"secrets": {}, **sent})
        return Response(AccountSerializer(account).data, status=201)


class AccountDetail(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("channels:read" if self.request.method == "GET" else "channels:write")()]

    @extend_schema(operation_id="accounts_read", responses={200: AccountSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """One carrier account, without its secrets."""
        return Response(AccountSerializer(_row(request, public_id)).data)

    @sensitive_variables()
    @extend_schema(operation_id="accounts_edit", request=AccountEditSerializer, responses={200: AccountSerializer})
    def patch(self, request: Request, public_id: str) -> Response:
        """Another name, other secrets."""
        account = _row(request, public_id)
        read = AccountEditSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        sent = read.validated_data
        edit_account(actor_of(request), account, name=sent.get("name", account.name), secrets=sent.get("secrets", {}))
        return Response(AccountSerializer(account).data)

    @extend_schema(operation_id="accounts_delete", responses={204: OpenApiResponse()})
    def delete(self, request: Request, public_id: str) -> Response:
        """Delete a carrier account on which no channel stands."""
        delete_account(actor_of(request), _row(request, public_id))
        return Response(status=204)


class AccountTest(APIView):
    permission_classes = [HasScope("channels:write")]

    @extend_schema(operation_id="accounts_test", request=None, responses={200: FoundSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Ask the carrier whether it takes the account's secrets."""
        return Response(FoundSerializer(test_account(actor_of(request), _row(request, public_id))).data)


def _row(request: Request, public_id: str) -> Account:
    return get_or_404(Account.objects.select_related("workspace"), actor_of(request).workspace, public_id)
