from __future__ import annotations

from collections import Counter

import pytest
from django.core.exceptions import ValidationError

from agents.models import Agent, Version
from channels_io.models import Channel
from channels_io.splits import Share, checked_split, choose, read_split, shares_of, version_for
from parley.accounts.models import Workspace
from tests.support.agents import make_agent, publish

PEOPLE = [f"+35386{number:07d}" for number in range(6000)]


def chosen(shares: list[Share], people: list[str] = PEOPLE) -> Counter[str]:
    return Counter(share.version for person in people if (share := choose(shares, person)) is not None)


# --- choosing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (90, 10), (2, 3, 5), (1, 1000)])
def test_people_are_split_by_weight(weights: tuple[int, ...]) -> None:
    counts = chosen([Share(f"v{number}", weight) for number, weight in enumerate(weights)])
    for number, weight in enumerate(weights):
        expected = len(PEOPLE) * weight / sum(weights)
        # Four standard deviations of a binomial: the hashes are fixed, so this never changes its mind.
        assert abs(counts[f"v{number}"] - expected) <= 4 * (expected * (1 - weight / sum(weights))) ** 0.5 + 1


def test_a_person_always_gets_the_same() -> None:
    shares = [Share("a", 1), Share("b", 1)]
    for person in PEOPLE[:200]:
        assert choose(shares, person) == choose(list(reversed(shares)), person)


def test_weight_nought_gets_nobody() -> None:
    assert set(chosen([Share("a", 0), Share("b", 1)])) == {"b"}
    assert choose([Share("a", 0)], "x") is None
    assert choose([], "x") is None


def test_taking_a_share_out_moves_only_who_had_it() -> None:
    three = [Share("a", 2), Share("b", 3), Share("c", 5)]
    for person in PEOPLE[:1000]:
        before, after = choose(three, person), choose(three[:2], person)
        assert before is not None
        assert after is not None
        if before.version != "c":
            assert after == before


def test_a_heavier_weight_takes_people_from_others_only() -> None:
    for person in PEOPLE[:1000]:
        before = choose([Share("a", 1), Share("b", 1)], person)
        after = choose([Share("a", 1), Share("b", 4)], person)
        assert before is not None
        assert after is not None
        assert after.version == "b" or before.version == "a"


# --- channels ---------------------------------------------------------------------------------------


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme)
    publish(made)
    return made


@pytest.fixture
def versions(agent: Agent) -> tuple[Version, Version]:
    first = agent.published
    assert first is not None
    return first, publish(agent)


def line(agent: Agent, version: Version | None = None, **settings: object) -> Channel:
    return Channel.objects.create(
        workspace=agent.workspace, kind="twilio_voice", name="Line", agent=agent, version=version, settings=settings
    )


def test_without_a_split_it_is_the_pinned_version_or_what_is_live(
    agent: Agent, versions: tuple[Version, Version]
) -> None:
    first, second = versions
    channel = line(agent)
    assert version_for(channel, "x") == second
    channel.version = first
    assert version_for(channel, "x") == first


def test_a_channel_splits_its_people_and_keeps_them(agent: Agent, versions: tuple[Version, Version]) -> None:
    channel = line(agent, split=[{"version": version.public_id, "weight": 1} for version in versions])
    got = {person: version_for(channel, person) for person in PEOPLE[:40]}
    assert set(got.values()) == set(versions)
    assert {person: version_for(channel, person) for person in got} == got


def test_live_is_what_is_published_at_the_time(agent: Agent, versions: tuple[Version, Version]) -> None:
    channel = line(agent, split=[{"version": "live", "weight": 1}])
    assert version_for(channel, "x") == versions[1]
    third = publish(agent)
    assert version_for(Channel.objects.get(pk=channel.pk), "x") == third


def test_versions_that_are_gone_give_up_their_share(agent: Agent, versions: tuple[Version, Version]) -> None:
    first, second = versions
    gone = {"version": "vn_gone", "weight": 1000}
    channel = line(agent, split=[gone, {"version": first.public_id, "weight": 1}])
    assert {version_for(channel, person) for person in PEOPLE[:50]} == {first}
    channel.settings = {"split": [gone]}
    assert version_for(channel, "x") == second
    channel.version = first
    assert version_for(channel, "x") == first


def test_another_agents_versions_are_no_share(agent: Agent, versions: tuple[Version, Version]) -> None:
    other = make_agent(agent.workspace, name="Other")
    foreign = publish(other)
    channel = line(agent, split=[{"version": foreign.public_id, "weight": 1}])
    assert version_for(channel, "x") == versions[1]


def test_nothing_published_is_nothing(acme: Workspace) -> None:
    channel = line(make_agent(acme), split=[{"version": "live", "weight": 1}])
    assert version_for(channel, "x") is None


def test_damaged_settings_count_as_none(agent: Agent, versions: tuple[Version, Version]) -> None:
    for damaged in ("x", [1], [{"version": "v"}], [{"version": "v", "weight": "1"}], {"a": 1}, None):
        assert shares_of({"split": damaged}) == []
    assert version_for(line(agent, split="x"), "x") == versions[1]


# --- what is sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        [{"version": "v", "weight": 1, "more": 1}],
        [{"version": "", "weight": 1}],
        [{"version": 3, "weight": 1}],
        [{"version": "v", "weight": -1}],
        [{"version": "v", "weight": 1.5}],
        [{"version": "v", "weight": True}],
        [{"version": "v", "weight": 1001}],
        [{"version": "v", "weight": 1}, {"version": "v", "weight": 2}],
        [{"version": "v", "weight": 0}],
        [{"version": f"v{number}", "weight": 1} for number in range(9)],
    ],
)
def test_what_is_no_split_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError) as refused:
        read_split(sent)
    assert refused.value.code == "split_invalid"


def test_only_versions_of_the_agent_are_taken(agent: Agent, versions: tuple[Version, Version]) -> None:
    sent = [{"version": versions[0].public_id, "weight": 1}, {"version": "live", "weight": 0}]
    assert checked_split(agent, sent) == sent
    foreign = publish(make_agent(agent.workspace, name="Other"))
    with pytest.raises(ValidationError) as refused:
        checked_split(agent, [{"version": foreign.public_id, "weight": 1}])
    assert refused.value.code == "version_foreign"
