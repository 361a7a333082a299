"""Playbooks bound to a group: hosts, paths, flows, digest, and the plan that people read."""

import dataclasses

import pytest

from orchestrator import resources
from orchestrator.config.load import load
from orchestrator.model import ResourceName
from orchestrator.playbooks import library
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.model import CompiledBlock, CompiledTask, FlowAction, HostSelector
from orchestrator.playbooks.parse import parse
from orchestrator.playbooks.render import render_program
from tests.graph.groups import billing, group_of

FLOW = """
- hosts: {hosts}
  tasks:
    - flow:
        state: {state}
        resources: [{resources}]
"""


def compiled(text, group=None, only=frozenset()):
    return compile_program(parse(text, "test.yaml"), group or billing(), only=only)


def flow_of(state, resources, only=frozenset()):
    program = compiled(FLOW.format(hosts="source", state=state, resources=resources), only=only)
    (task,) = program.plays[0].tasks
    return {step.resource for step in task.flow}


@pytest.mark.parametrize(
    ("hosts", "selector", "server"),
    [
        ("source", HostSelector.SOURCE, None),
        ("target", HostSelector.TARGET, None),
        ("active", HostSelector.ACTIVE, None),
        ("standby", HostSelector.STANDBY, None),
        ("group", HostSelector.GROUP, None),
        ("all", HostSelector.GROUP, None),
        ("web", HostSelector.GROUP, None),
        ("linux2", HostSelector.SERVER, "linux2"),
    ],
)
def test_hosts(hosts, selector, server):
    play = compiled(f"- {{hosts: {hosts}, tasks: []}}").plays[0]

    assert (play.selector, play.server) == (selector, server)


def paths(nodes):
    for node in nodes:
        yield node.path
        if isinstance(node, CompiledBlock):
            yield from paths((*node.tasks, *node.rescue, *node.always))


def test_every_task_has_a_path_of_its_own():
    program = compiled(
        """
- hosts: source
  tasks: [debug: one]
- hosts: target
  tasks:
    - debug: one
    - block:
        - debug: two
        - block: [debug: three]
          rescue: [debug: four]
      rescue: [debug: five, debug: six]
      always: [debug: seven]
""".replace("[debug: five, debug: six]", "[{debug: five}, {debug: six}]")
    )

    assert [list(paths(play.tasks)) for play in program.plays] == [
        ["1.1"],
        ["2.1", "2.2", "2.2.1", "2.2.2", "2.2.2.1", "2.2.2r1", "2.2r1", "2.2r2", "2.2a1"],
    ]


def test_a_flow_is_all_resources_in_an_order_in_which_they_may_run():
    (task,) = compiled("- {hosts: target, tasks: [flow: started]}").plays[0].tasks

    assert isinstance(task, CompiledTask)
    assert [step.resource for step in task.flow] == ["data", "database", "api", "worker", "address"]
    assert {step.action for step in task.flow} == {FlowAction.START}


def test_a_start_takes_along_what_is_needed_a_stop_what_stands_on_it():
    assert flow_of("started", "api") == {"data", "database", "api"}
    assert flow_of("stopped", "api") == {"api", "address"}
    assert flow_of("checked", "api") == {"api"}


def test_only_these():
    api = frozenset({ResourceName("api")})
    everything = ", ".join(billing().resources)

    assert flow_of("started", everything, only=api) == {"data", "database", "api"}
    assert flow_of("stopped", everything, only=api) == {"api", "address"}


def test_the_digest_tells_programs_apart_that_do_different_things():
    text = "- {hosts: target, tasks: [flow: started]}"
    base, group = compiled(text), billing()
    slower = dataclasses.replace(group.resources[ResourceName("api")], start_timeout_s=99.0)
    changed = dataclasses.replace(group, resources={**group.resources, slower.name: slower})
    turned = dataclasses.replace(group, resources=dict(reversed(group.resources.items())))

    assert compiled(text, turned).digest == base.digest
    digests = {
        base.digest,
        compiled(text + "\n").digest,
        compiled(text, changed).digest,
        compiled(text, dataclasses.replace(group, variables={"a": 1})).digest,
        compiled(text, only=frozenset({ResourceName("api")})).digest,
    }
    assert len(digests) == 5


def test_a_group_without_resources_has_an_empty_flow():
    (task,) = compiled("- {hosts: target, tasks: [flow: started]}", group_of({})).plays[0].tasks

    assert task.flow == ()


@pytest.mark.parametrize("name", ["start", "stop", "switchover"])
def test_shipped_playbooks_fit_any_group(name):
    playbook = library.read(name, None)

    for group in (billing(), group_of({}), *load(resources.example_inventory()).groups.values()):
        assert compile_program(playbook, group).plays


def test_the_plan_of_a_playbook():
    program = compiled(
        """
- name: Upgrade
  hosts: group
  tasks:
    - name: Look
      command: /bin/true
      when: [one is defined, one > 1]
      until: result.rc == 0
      register: result
    - name: Careful
      block:
        - flow: stopped
      rescue:
        - fail: no
          when: two is defined
"""
    )
    digest = program.digest[:12]

    assert (
        render_program(program, billing())
        == f"""\
test on group web, program {digest}

play 1: Upgrade (on linux1 and linux2, in step)
  1.1  Look (when one is defined and one > 1)
       command /bin/true
       until result.rc == 0: at most 3 times more, every 5 s
  1.2  Careful
    1.2.1  flow
           1. stop address
           2. stop api, worker
           3. stop database
           4. stop data
           never at the same time: api, worker
    if one of these fails or its server cannot be reached:
      1.2r1  fail (when two is defined)
             fail no
"""
    )
