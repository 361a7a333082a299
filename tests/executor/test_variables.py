"""Which variables a task sees, and which of two of the same name wins: as in Ansible."""

import pytest

from orchestrator.store.journal import RunState
from tests.executor.runs import Stage
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


def ran(stage):
    return [line.removeprefix("ran ") for line in stage.servers.log]


async def played(stage, text, **changes):
    result = await stage.play(text, **changes)
    assert result.failures == {}
    assert result.state is RunState.DONE
    return ran(stage)


async def test_the_later_place_wins(stage):
    stage.variables = {LINUX1: {"a": "inventory", "b": "inventory"}}
    stage.files = {
        "vars.yaml": "c: file\nd: file\n",
        "more.yaml": "- command: say {{ g }} {{ h }} {{ x }}\n",
    }
    text = """
- hosts: source
  vars: {b: play, c: play}
  vars_files: [vars.yaml]
  tasks:
    - vars: {d: block, e: block}
      block:
        - command: say {{ a }} {{ b }} {{ c }} {{ d }} {{ e }}
          vars: {e: task}
    - set_fact: {f: fact, g: fact, h: fact, x: fact}
    - command: say {{ f }}
      vars: {f: task}
    - include_tasks: more.yaml
      vars: {g: include, x: include}
    - command: say {{ item }} {{ x }}
      loop: [items]
      vars: {item: task, x: task}
"""

    assert await played(stage, text, variables={"x": "extra"}) == [
        "say inventory play file block task on linux1",
        "say fact on linux1",
        "say include fact extra on linux1",
        "say items extra on linux1",
    ]


async def test_magic_variables_say_what_the_run_is_about(stage):
    text = """
- name: Look
  hosts: group
  tasks:
    - assert:
        that:
          - inventory_hostname_short == inventory_hostname
          - group_names == [group]
          - ansible_play_name == 'Look'
          - ansible_play_hosts_all == groups[group]
          - play_hosts == ansible_play_batch
          - ansible_run_tags == ['all']
          - ansible_skip_tags == []
          - playbook_dir == '.'
          - role == ('ACTIVE' if inventory_hostname == active else 'STANDBY')
    - fail:
      when: inventory_hostname == target
      ignore_errors: true
    - assert: {that: "ansible_play_hosts == [source, target]"}
    - block:
        - fail:
          when: inventory_hostname == target
      rescue:
        - assert: {that: ansible_failed_task.action == 'fail'}
    - assert: {that: "ansible_play_hosts == [source, target]"}
    - meta: end_host
      when: inventory_hostname == target
    - assert: {that: "ansible_play_hosts == [source]"}
"""

    await played(stage, text)


async def test_an_argument_that_is_omit_is_not_there(stage):
    text = """
- hosts: source
  tasks:
    - command:
        argv: [say, "{{ word | default(omit) }}", hello]
        chdir: "{{ nowhere | default(omit) }}"
"""

    assert await played(stage, text) == ["say hello on linux1"]


async def test_a_loop_knows_all_of_itself_and_ends_where_it_is_told(stage):
    text = """
- hosts: source
  tasks:
    - command: say {{ n }} {{ ansible_loop.allitems | length }} {{ ansible_loop.last }}
      loop: [1, 2, 3, 4]
      register: said
      loop_control: {loop_var: n, index_var: i, extended: true, break_when: n == 2}
    - assert:
        that:
          - said.results | length == 2
          - said.results[1].n == 2
          - said.results[1].ansible_loop_var == 'n'
          - said.results[1].ansible_index_var == 'i'
          - said.results[1].i == 1
    - debug:
      loop: [1]
      loop_control: {extended: true, extended_allitems: false}
      failed_when: ansible_loop.allitems is defined
"""

    assert await played(stage, text) == ["say 1 4 False on linux1", "say 2 4 False on linux1"]


async def test_an_imported_playbook_has_the_words_beside_its_import(stage):
    stage.files = {
        "one.yaml": "- hosts: group\n  vars: {who: play}\n  tasks:\n    - command: say {{ who }}\n"
    }
    text = """
- import_playbook: one.yaml
  vars: {who: import}
  when: inventory_hostname == target
  tags: both
"""

    assert await played(stage, text, selection={"tags": ["both"]}) == ["say import on linux2"]


async def test_arguments_may_stand_beside_the_module(stage):
    asked = []
    stage.servers.hook = lambda _server, request: asked.append(dict(request.args))
    text = """
- hosts: source
  tasks:
    - shell: say hello
      args: {chdir: /tmp}
"""

    await played(stage, text)

    assert {"shell": "say hello", "directory": "/tmp"} in asked
