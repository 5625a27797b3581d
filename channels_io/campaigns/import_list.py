"""An uploaded list → the lines of its campaign: all of them or none, and again gives the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec
from django.db import transaction

from channels_io.campaigns.channels import scope_of
from channels_io.campaigns.columns import BadLine, ListMapping, Person, load_mapping, read_row
from channels_io.campaigns.sheet import BadSheet, Row, read_sheet
from channels_io.campaigns.zones import zones_of_number
from channels_io.guards.ask import rules_in_force
from channels_io.guards.countries import country_of_zone
from channels_io.guards.rules import judge
from channels_io.models import Campaign, CampaignEntry, CampaignList, OptOut
from channels_io.sanitize import clean_text

BATCH = 2000


def import_list(campaign_id: int) -> int:
    """How many people the campaign now has; 0 when there was nothing to do. A list that cannot be read keeps its problem."""
    with transaction.atomic():
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("channel__account", "workspace")
            .filter(pk=campaign_id, state=Campaign.State.DRAFT)
            .first()
        )
        waiting = CampaignList.objects.filter(campaign_id=campaign_id).filter(mapping__isnull=False).first()
        if campaign is None or waiting is None:
            return 0
        try:
            with transaction.atomic():
                count = _replace(campaign, bytes(waiting.content), load_mapping(waiting.mapping or {}))
        except BadSheet as error:
            return _refuse(waiting, error.code)
        except msgspec.ValidationError:
            return _refuse(waiting, "sheet_columns")
        waiting.delete()
        return count


def _refuse(waiting: CampaignList, code: str) -> int:
    waiting.mapping, waiting.problem = None, code
    waiting.save(update_fields=["mapping", "problem"])
    return 0


def _replace(campaign: Campaign, content: bytes, mapping: ListMapping) -> int:
    CampaignEntry.objects.filter(campaign=campaign).delete()
    rows = read_sheet(content).rows()
    if mapping.header:
        next(rows, None)
    entries = _entries(campaign, rows, mapping)
    people = 0
    while batch := list(islice(entries, BATCH)):
        CampaignEntry.objects.bulk_create(batch)
        people += sum(entry.state == CampaignEntry.State.WAITING for entry in batch)
    if not people and not CampaignEntry.objects.filter(campaign=campaign).exists():
        raise BadSheet("sheet_no_lines")
    return people


def _entries(campaign: Campaign, rows: Iterator[Row], mapping: ListMapping) -> Iterator[CampaignEntry]:
    seen: set[str] = set()
    not_wanted = _opted_out(campaign)
    rules = rules_in_force(campaign.workspace, campaign.channel)
    home = country_of_zone(campaign.workspace.timezone)
    for row in rows:
        read = read_row(row, mapping)
        if isinstance(read, BadLine):
            yield _left_out(campaign, read.line, read.written, read.problem)
            continue
        number = read.number.text
        if number in seen:
            reason: str | None = "duplicate"
        elif number in not_wanted:
            reason = "opted_out"
        else:
            reason = judge(read.number, rules, home)
        seen.add(number)
        yield _left_out(campaign, read.line, number, reason, read) if reason else _waiting(campaign, read)


def _waiting(campaign: Campaign, person: Person) -> CampaignEntry:
    zones = (person.zone,) if person.zone else zones_of_number(person.number.text)
    return CampaignEntry(
        campaign=campaign,
        line=person.line,
        address=person.number.text,
        name=clean_text(person.name, 200),
        # Several, as with a number that belongs to a whole continent: looked at each time.
        zone=zones[0] if len(zones) == 1 else "",
        variables={name: clean_text(value) for name, value in person.variables.items()},
    )


def _left_out(campaign: Campaign, line: int, written: str, reason: str, person: Person | None = None) -> CampaignEntry:
    return CampaignEntry(
        campaign=campaign,
        line=line,
        address=clean_text(written, 40),
        name="" if person is None else clean_text(person.name, 200),
        state=CampaignEntry.State.SKIPPED,
        reason=reason,
    )


def _opted_out(campaign: Campaign) -> frozenset[str]:
    """Numbers that do not want what this campaign does."""
    rows = OptOut.objects.filter(workspace=campaign.workspace, scope=scope_of(campaign.channel))
    return frozenset(rows.values_list("address", flat=True))
