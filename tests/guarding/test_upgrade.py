"""A guard of another version takes over from the one that runs, in the middle of a reign."""

import asyncio
import shutil
from pathlib import Path

import pytest

from orchestrator.transport.pack import FOLDER, Pack, pack
from tests.guarding.conductor import Conductor, until
from tests.guarding.lab_settings import LEASE, settings_of
from tests.helpers.session import session

pytestmark = [pytest.mark.lab]
ONE, TWO = "linux1", "linux2"


@pytest.fixture
def next_version(tmp_path: Path) -> Pack:
    """The same helper but for a comment."""
    folder = shutil.copytree(FOLDER, tmp_path / "remote_helpers")
    with (folder / "operations.py").open("a") as file:
        file.write("# another version\n")
    return pack(folder)


async def test_an_upgrade_hands_the_reign_over(
    conductor: Conductor, next_version: Pack, tmp_path: Path
):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    before, boot, pid = (
        await conductor.report(ONE),
        conductor.boot_of(ONE),
        conductor.guard_pid(ONE),
    )
    settings = settings_of(conductor.lab, ONE, TWO, conductor.port)
    enter = conductor.lab.description.server(ONE).enter
    state = Path("/var/lib/hasys")

    with session(state, "python3", enter=enter, pack=next_version) as helper:
        about = helper.call("guard.start", group="web", settings=settings)["data"]
    await until(lambda: conductor.has_ended(ONE, pid), "the end of the old guard")
    await asyncio.sleep(LEASE)  # a lease that nobody had gone on with would be over by now
    after = await conductor.report(ONE)

    assert about["how"] == "taken-over"
    assert after.incarnation == about["incarnation"] != before.incarnation
    assert (after.phase, after.reign) == ("reigning", reign)
    assert conductor.serves() == ONE
    assert conductor.boot_of(ONE) == boot
    assert len(conductor.covers(ONE)) == 1


async def test_the_same_version_takes_new_settings_and_is_not_restarted(conductor: Conductor):
    await conductor.start_both()
    before = conductor.guard_pid(ONE)

    about = await conductor.start_guard(ONE, TWO, budget=0.8)

    assert (about["how"], conductor.guard_pid(ONE)) == ("running", before)


async def test_a_guard_that_hangs_is_never_doubled(conductor: Conductor):
    await conductor.start_both()
    conductor.lab.run(TWO, ["kill", "-STOP", str(conductor.guard_pid(TWO))])

    settings = settings_of(conductor.lab, TWO, ONE, conductor.port)
    reply = await conductor.call(TWO, "guard.start", settings=settings)

    assert "does not answer" in str(reply)
    assert conductor.guard_pid(TWO) > 0
