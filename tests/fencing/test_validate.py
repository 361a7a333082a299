"""What stands in a group's file is compared with what the agents say of themselves."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from orchestrator.config.load import load
from orchestrator.errors import ConfigInvalid
from orchestrator.fencing import Agents
from orchestrator.fencing.metadata import parse
from orchestrator.fencing.validate import check_devices
from tests.fencing.devices import needs_agents

HOSTS = "all: {children: {pair: {hosts: {one: {ansible_host: 192.0.2.1}, two: {}}}}}\n"
GROUP = """\
group: pair
servers: [one, two]
preferred_active: one
resources: {web: {systemd: nginx}}
fencing:
  one:
"""
METADATA = """\
<resource-agent name="fence_site"><parameters>
<parameter name="action" required="1"><content type="string"/></parameter>
<parameter name="plug" required="1" obsoletes="port"><content type="string"/></parameter>
<parameter name="port" required="1" deprecated="1"><content type="string"/></parameter>
</parameters><actions>%s</actions></resource-agent>"""
USUAL = '<action name="off"/><action name="status"/>'


def site_agent(folder: Path, metadata: str) -> Path:
    """Counts how often it is asked."""
    program = folder / "fence_site"
    (folder / "metadata.xml").write_text(metadata)
    program.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\ncat {folder}/metadata.xml\n")
    program.chmod(0o755)
    return program


async def problems(folder: Path, devices: str) -> list[str]:
    """`devices`: the list below `one:`, so that its first line is line 7 of the file."""
    (folder / "groups").mkdir()
    (folder / "hosts.yaml").write_text(HOSTS)
    text = GROUP + textwrap.indent(textwrap.dedent(devices), "    ")
    (folder / "groups/pair.yaml").write_text(text)
    configuration = load(folder)
    try:
        await check_devices(configuration, Agents(os.environ))
    except ConfigInvalid as error:
        return [problem.replace(f"{folder}/", "") for problem in error.problems]
    return []


@needs_agents
async def test_every_option_that_the_agent_does_not_know_is_named(tmp_path: Path):
    found = await problems(
        tmp_path,
        """\
        - agent: fence_ipmilan
          ip: 192.0.2.11
          user: admin
          lanplus: perhaps
          ipport: six
          method: reboot
        """,
    )

    assert found == [
        "groups/pair.yaml:9:7: fencing.one[0].user: fence_ipmilan has no option user;"
        " did you mean username?",
        "groups/pair.yaml:10:7: fencing.one[0].lanplus: must be true or false;"
        " fence_ipmilan -o metadata describes it",
        "groups/pair.yaml:11:7: fencing.one[0].ipport: must be a whole number;"
        " fence_ipmilan -o metadata describes it",
        "groups/pair.yaml:12:7: fencing.one[0].method: must be onoff or cycle;"
        " fence_ipmilan -o metadata describes it",
    ]


@needs_agents
async def test_a_device_as_people_write_it_has_no_problem(tmp_path: Path):
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    password.chmod(0o600)

    found = await problems(
        tmp_path,
        f"""\
        - agent: fence_ipmilan
          ip: 192.0.2.11
          username: admin
          password_file: {password}
          lanplus: true
          cipher: 3
        - {{agent: fence_dummy, level: 2, status_file: /run/plug}}
        """,
    )

    assert found == []


async def test_an_agent_that_is_not_there_is_an_error_that_says_so(tmp_path: Path):
    found = await problems(tmp_path, "- {agent: fence_of_nobody, ip: 192.0.2.11}\n")

    assert found == [
        "groups/pair.yaml:7:8: fencing.one[0].agent: fence_of_nobody is not installed on this"
        " controller; apt-get install fence-agents"
    ]


@needs_agents
async def test_an_agent_that_works_on_the_server_itself_is_refused(tmp_path: Path):
    found = await problems(tmp_path, "- {agent: fence_scsi}\n")

    assert found == [
        "groups/pair.yaml:7:8: fencing.one[0].agent: fence_scsi works only on the server that it"
        " fences; choose a device that the controller reaches"
    ]


@pytest.mark.parametrize(
    ("metadata", "device", "complaint"),
    [
        ("hello", "{agent: %s}", "is not a fence agent: its metadata is not XML: syntax error"),
        ("<html/>", "{agent: %s}", "is not a fence agent: its metadata lists no parameters"),
        (METADATA % '<action name="off"/>', "{agent: %s, plug: 1}", "has no action status"),
        (METADATA % USUAL, "{agent: %s}", "needs the option plug; write plug: VALUE"),
    ],
)
async def test_what_cannot_fence_is_refused(tmp_path: Path, metadata, device, complaint):
    program = site_agent(tmp_path, metadata)

    (found,) = await problems(tmp_path, f"- {device % program}\n")

    assert complaint in found


async def test_an_older_name_of_an_option_will_do(tmp_path: Path):
    program = site_agent(tmp_path, METADATA % USUAL)

    assert await problems(tmp_path, f"- {{agent: {program}, port: 3}}\n") == []


async def test_secrets_must_be_where_the_file_says_and_for_the_controller_only(tmp_path: Path):
    program = site_agent(tmp_path, METADATA % USUAL)
    (tmp_path / "open").write_text("hunter2")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "empty").touch(mode=0o600)

    found = await problems(
        tmp_path,
        f"""\
        - agent: {program}
          plug: {{file: {tmp_path}/open}}
        - agent: {program}
          plug: {{file: {tmp_path}/empty}}
        - agent: {program}
          plug: {{file: {tmp_path}/nowhere}}
        - agent: {program}
          plug: {{env: SECRET_OF_NOBODY}}
        """,
    )

    assert [one.partition("plug: ")[2] for one in found] == [
        "open can be read by every user; chmod 600 open",
        "the first line of empty is empty; the secret belongs there",
        "nowhere cannot be read: No such file or directory",
        "the variable SECRET_OF_NOBODY is not set for this process",
    ]


async def test_an_agent_is_asked_once_while_its_file_stays_the_same(tmp_path: Path):
    program = site_agent(tmp_path, METADATA % USUAL)
    agents = Agents(os.environ)

    first = await agents.metadata(str(program))
    second = await agents.metadata(str(program))
    program.write_text(program.read_text() + "# changed\n")
    await agents.metadata(str(program))

    assert first is second
    assert (tmp_path / "asked").read_text().count("asked") == 2


async def test_an_agent_that_failed_is_asked_again(tmp_path: Path):
    program = site_agent(tmp_path, "not yet")
    agents = Agents(os.environ)
    with pytest.raises(Exception, match="is not a fence agent"):
        await agents.metadata(str(program))

    (tmp_path / "metadata.xml").write_text(METADATA % USUAL)

    assert "plug" in (await agents.metadata(str(program))).parameters


def test_metadata_says_which_option_replaces_which():
    found = parse(METADATA % USUAL)

    assert found.missing(frozenset({"port"})) == ()
    assert found.missing(frozenset()) == ("plug",)
