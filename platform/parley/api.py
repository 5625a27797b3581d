"""What API views share: pages of results, the rate limit, serializers that refuse unknown keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from parley.accounts.models import ApiKey
from parley.lib.clients import client_address
from parley.lib.ratelimit import Limit

if TYPE_CHECKING:
    from rest_framework.views import APIView

API_LIMIT: Final = Limit("api", burst=120, per_second=20)


class Pages(LimitOffsetPagination):
    default_limit = 50
    max_limit = 200


class ActorThrottle(BaseThrottle):
    """Per key, else per person, else per address."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiKey):
            key = request.auth.public_id
        elif request.user.is_authenticated:
            key = request.user.public_id
        else:
            key = client_address(request._request)
        self.seconds = API_LIMIT.wait(key)
        return self.seconds == 0.0

    def wait(self) -> float:
        return math.ceil(self.seconds)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses keys it does not know: a client that sends `workspace` or `is_staff` hears so, and nothing is changed."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)
