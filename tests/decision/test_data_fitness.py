"""What `check --live` says of DRBD's settings and of shared disks."""

import pytest

from orchestrator.decision import data_fitness
from remote_helpers.data_survey import parse_dump

HANDLER = "/var/lib/hasys/web/fence-peer"
DUMP = """\
resource r0 {
    on linux1 { device minor 0; disk /dev/sdb; meta-disk internal; address ipv4 10.0.0.1:7789; }
    net { ping-int 1; timeout 10; ping-timeout 3; }
    disk { fencing resource-and-stonith; }
    handlers { fence-peer "/var/lib/hasys/web/fence-peer"; }
}
"""


def said(dump, **fields):
    options = {"lease_s": 3.0, "handler": HANDLER, "accept_loss": False}
    answer = {**parse_dump(dump), "handler_is_there": True}
    found = data_fitness.of_drbd("copies", answer, **{**options, **fields})
    return [f"{weight.value}: {what}" for weight, what, _ in found]


def test_settings_that_fit_are_not_spoken_of():
    assert said(DUMP) == []


def test_settings_that_are_not_written_are_drbds_own():
    plain = DUMP.replace("net { ping-int 1; timeout 10; ping-timeout 3; }", "")

    assert parse_dump(plain)["timeout"] == 60
    assert said(plain) == [
        "warning: copies: DRBD notices a lost peer after about 10.5 s, the lease is 3 s: "
        "writes wait that long"
    ]


def test_a_tight_lease_is_said_to_be_too_tight_for_drbd():
    (_, _, advice), *_ = data_fitness.of_drbd(
        "copies", parse_dump(DUMP), lease_s=1.0, handler=HANDLER, accept_loss=True
    )

    assert advice.startswith("a lease of 2 s or more")


def test_without_a_handler_what_may_be_lost_is_said_unless_it_is_accepted():
    plain = DUMP.replace("disk { fencing resource-and-stonith; }", "")

    assert "may lose what was written since the last poll" in said(plain)[0]
    assert said(plain, accept_loss=True) == []


def test_another_handler_does_not_know_the_group():
    other = DUMP.replace(HANDLER, "/usr/lib/drbd/crm-fence-peer.sh")

    assert "does not know the group" in said(other)[0]


def test_a_handler_that_is_not_there_would_freeze_writes_for_good():
    found = data_fitness.of_drbd(
        "copies", parse_dump(DUMP), lease_s=3.0, handler=HANDLER, accept_loss=False
    )

    assert [what for _, what, _ in found] == [
        f"copies: {HANDLER} is not there: a lost link would freeze every write for good"
    ]


@pytest.mark.parametrize(("option", "count"), [("", 1), ("options { auto-promote no; }", 0)])
def test_drbd_9_must_not_promote_by_itself(option, count):
    nine = DUMP.replace("on linux1 {", f"{option} on linux1 {{ node-id 0;")

    assert len(said(nine)) == count


def test_a_shared_disk_needs_a_system_id_and_all_its_disks():
    answer = {"system_id": "", "devices": [], "missing": True, "reservations": {"/dev/sdb": False}}
    found = data_fitness.of_volume_group("array", "shared", answer, reservation=True)

    assert [what for _, what, _ in found] == [
        "array: not all disks of the volume group shared are seen here",
        "array: LVM has no system id, and would activate shared on both servers",
        "array: /dev/sdb knows no persistent reservations",
    ]
