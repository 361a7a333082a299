"""What is told of a file system that fills up or grows slow, long before a check fails."""

import dataclasses

import pytest

from orchestrator.decision import data_rules
from orchestrator.model import FileSystemUse, MountSpec, ResourceName, ResourceState, Seen
from tests.support.builders import LINUX1, LINUX2, NOW, a_group, a_resource, a_server_view, a_view

GROUP = a_group(a_resource("data", spec=MountSpec(path="/data", device="/dev/sdb1", fstype="ext4")))
WELL = FileSystemUse(size_bytes=100, free_bytes=50, inodes=100, inodes_free=50, canary_s=0.1)


def told(**changes):
    use = Seen(value=dataclasses.replace(WELL, **changes), at=NOW)
    active = a_server_view(GROUP, LINUX1, ResourceState.STARTED)
    active = dataclasses.replace(active, data={ResourceName("data"): use})
    view = a_view(active, a_server_view(GROUP, LINUX2, ResourceState.STOPPED))
    return list(data_rules.problems(GROUP, view))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"free_bytes": 5}, "linux1: data is full: 95 % of its space is used"),
        ({"inodes_free": 0}, "linux1: data is full: 100 % of its inodes are used"),
        ({"canary_s": 0.5}, "linux1: data is slow: a small write took 0.5 s"),
    ],
)
def test_it_is_told_before_the_service_notices(changes, words):
    assert told(**changes) == [words]


@pytest.mark.parametrize(
    "changes", [{}, {"canary_s": None}, {"inodes": 0, "inodes_free": 0}, {"free_bytes": 6}]
)
def test_nothing_is_told_of_one_that_is_well_or_does_not_count(changes):
    assert told(**changes) == []
