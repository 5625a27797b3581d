"""Services with the OpenAI dialect: which there are, who uses them, and what a conversation is lent of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from channels.db import database_sync_to_async
from django.db.models import Q
from django.db.models.query import QuerySet

from agents.actions.save_provider import key_of
from agents.engines import ServiceOffer
from agents.models import Agent, Provider
from inference.lending import LentService, ServiceLimits
from parley.accounts.models import Workspace
from parley.lib.egress import EgressRefused
from parley.lib.outbound import OutboundClient, OutboundFailed, outbound_client
from parley.lib.sealing import Unsealable

logger = logging.getLogger(__name__)

LOOK_UP_SECONDS = 2.0
"""A caller waits for it."""


def service_offers(workspace: Workspace) -> tuple[ServiceOffer, ...]:
    """What the workspace's agents may choose beside the worker's own models."""
    return tuple(
        ServiceOffer(
            engine=provider.engine,
            name=provider.name,
            chat=bool(provider.chat_model),
            transcriber=bool(provider.transcriber_model),
            voices=tuple(provider.voices) if provider.speech_model else (),
        )
        for provider in Provider.objects.of(workspace)
    )


def agents_with_provider(provider: Provider) -> QuerySet[Agent]:
    """Agents whose draft, or whose live version, names the service; archived ones too: they may come back."""
    name = provider.engine
    of_draft = Q(draft__chat_model=name) | Q(draft__transcriber=name) | Q(draft__voice_engine=name)
    of_draft |= Q(draft__stand_in=name)
    live = Q(published__draft__chat_model=name) | Q(published__draft__transcriber=name)
    live |= Q(published__draft__voice_engine=name) | Q(published__draft__stand_in=name)
    agents: QuerySet[Agent] = Agent.objects.of(provider.workspace)
    return agents.filter(of_draft | live).order_by("name", "pk")


async def lend(workspace: str, ids: Sequence[str], outbound: OutboundClient | None = None) -> tuple[LentService, ...]:
    """What a conversation of this workspace needs of these services: public ids.

    Each address is looked up and checked now, and the worker connects to nothing else. A service that is gone, or may
    not be connected to, is left out: the worker then asks the next in the order.
    """
    if not ids:
        return ()
    return await look_up(await database_sync_to_async(kept_services)(workspace, ids), outbound)


async def look_up(
    kept: Sequence[tuple[Provider, str]], outbound: OutboundClient | None = None
) -> tuple[LentService, ...]:
    """`kept`: services with their keys. Those that may not be connected to are left out."""
    client = outbound or outbound_client()
    lent = await asyncio.gather(*(_looked_up(provider, key, client) for provider, key in kept))
    return tuple(service for service in lent if service is not None)


async def _looked_up(provider: Provider, key: str, client: OutboundClient) -> LentService | None:
    try:
        addresses = await client.addresses(provider.url, LOOK_UP_SECONDS)
    except (EgressRefused, OutboundFailed) as error:
        logger.warning("The service %s is not lent: %s", provider.public_id, error.code)
        return None
    return as_lent(provider, key, addresses)


def as_lent(provider: Provider, key: str, addresses: Sequence[str]) -> LentService:
    return LentService(
        provider.public_id,
        provider.name,
        provider.url,
        tuple(addresses[:16]),
        key,
        chat=provider.chat_model,
        transcriber=provider.transcriber_model,
        synthesizer=provider.speech_model,
        binding=Provider.Binding(provider.binding).value,  # type: ignore[arg-type]  # the choices are the literals
        partial_ms=provider.partial_ms,
        rate=provider.rate,
        limits=ServiceLimits(first_ms=provider.first_ms, between_ms=provider.between_ms),
    )


def kept_services(workspace: str, ids: Sequence[str]) -> list[tuple[Provider, str]]:
    """Services of a workspace and their keys; what is gone, or cannot be opened, is left out."""
    found = Provider.objects.filter(workspace__public_id=workspace, public_id__in=ids).select_related("workspace")
    by_id = {provider.public_id: provider for provider in found}
    kept = []
    for public_id in ids:
        provider = by_id.get(public_id)
        if provider is None:
            logger.warning("The service %s is not there any more", public_id)
            continue
        try:
            kept.append((provider, key_of(provider)))
        except Unsealable:
            logger.warning("The key of the service %s cannot be read", public_id)
    return kept
