from __future__ import annotations

import pytest

from channels_io.actions.save_campaign_list import map_campaign_list, upload_campaign_list
from channels_io.campaigns.columns import ListMapping
from channels_io.campaigns.import_list import import_list
from channels_io.models import Campaign, CampaignEntry, CampaignList, OptOut
from parley.accounts.actor import system_actor
from parley.accounts.models import Workspace
from tests.support.spending import set_rules

CONTENT = """Phone;Name;Visit;Zone
087 123 4567;Jane;Monday;
+353861111111;Sean;Tuesday;America/New_York
0871234567;Jane again;Friday;
nonsense;Bad;;
+353862222222;Stop;;
+12025550123;Foreign;;
+19002345678;Premium;;
+353863333333;Lost;;Narnia
+447400123456;London;;
"""
MAPPING = ListMapping(number=0, name=1, zone=3, variables={"visit": 2}, header=True, region="IE")


def read(campaign: Campaign, content: bytes, mapping: ListMapping = MAPPING) -> int:
    actor = system_actor(campaign.workspace)
    upload_campaign_list(actor, campaign, file_name="list.csv", content=content)
    map_campaign_list(actor, campaign, mapping)
    return import_list(campaign.pk)


@pytest.fixture
def rules(dublin: Workspace) -> None:
    set_rules(dublin, countries=("IE", "GB"))
    OptOut.objects.create(workspace=dublin, scope="call", address="+353862222222")
    OptOut.objects.create(workspace=dublin, scope="sms", address="+353861111111")


def test_every_line_is_a_person_or_says_why_not(campaign: Campaign, rules: None) -> None:
    assert read(campaign, CONTENT.encode()) == 3
    rows = CampaignEntry.objects.filter(campaign=campaign).order_by("line")
    assert [(row.line, row.address, row.state, row.reason, row.zone) for row in rows] == [
        (2, "+353871234567", "waiting", "", "Europe/Dublin"),
        (3, "+353861111111", "waiting", "", "America/New_York"),
        (4, "+353871234567", "skipped", "duplicate", ""),
        (5, "nonsense", "skipped", "number_letters", ""),
        (6, "+353862222222", "skipped", "opted_out", ""),
        (7, "+12025550123", "skipped", "country_refused", ""),
        (8, "+19002345678", "skipped", "number_refused", ""),
        (9, "+353863333333", "skipped", "zone_unknown", ""),
        (10, "+447400123456", "waiting", "", "Europe/London"),
    ]
    assert rows[0].variables == {"visit": "Monday"}
    assert rows[0].due_at is None, "nothing is due before it is started"
    assert not CampaignList.objects.exists(), "the file is forgotten"


def test_a_new_list_replaces_the_old_one_and_again_gives_the_same(campaign: Campaign, rules: None) -> None:
    read(campaign, CONTENT.encode())
    assert read(campaign, b"Phone\n+353871234567\n", ListMapping(number=0)) == 1
    assert CampaignEntry.objects.filter(campaign=campaign).count() == 1
    assert import_list(campaign.pk) == 0
    assert CampaignEntry.objects.filter(campaign=campaign).count() == 1


def test_a_list_that_breaks_off_leaves_the_old_one(campaign: Campaign) -> None:
    read(campaign, b"Phone\n+353871234567\n", ListMapping(number=0))
    broken = b'Phone\n+353861111111\n"never closed,' + b"x" * 200_000
    assert read(campaign, broken, ListMapping(number=0)) == 0
    waiting = CampaignList.objects.get()
    assert (waiting.problem, waiting.mapping) == ("sheet_quote", None)
    assert [row.address for row in CampaignEntry.objects.filter(campaign=campaign)] == ["+353871234567"]


def test_a_list_without_lines(campaign: Campaign) -> None:
    assert read(campaign, b"Phone\n", ListMapping(number=0)) == 0
    assert CampaignList.objects.get().problem == "sheet_no_lines"


def test_three_thousand_lines_in_batches(campaign: Campaign) -> None:
    content = "phone\n" + "".join(f"+35387{number:07d}\n" for number in range(3000))
    assert read(campaign, content.encode(), ListMapping(number=0)) == 3000
    assert CampaignEntry.objects.filter(campaign=campaign, zone="Europe/Dublin").count() == 3000


def test_hostile_cells_stay_text(campaign: Campaign) -> None:
    content = 'phone,name,note\n+353871234567,"=HYPERLINK(""http://x"")",<script>{{secret}}</script>\n'
    read(campaign, content.encode(), ListMapping(number=0, name=1, variables={"note": 2}))
    row = CampaignEntry.objects.get()
    assert row.name == '=HYPERLINK("http://x")'
    assert row.variables == {"note": "<script>{{secret}}</script>"}
