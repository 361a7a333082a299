"""Whoever resumes a run is told which of its files were edited since it began."""

import dataclasses

from orchestrator.model import Reason
from orchestrator.playbooks.basis import changes
from orchestrator.runtime.edited import amended, edited_since, not_accepted, notice
from tests.executor.runs import START, Stage, shipped
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers


def test_edited_files_are_named_and_others_are_not(tmp_path):
    group = a_group()
    servers = InMemoryServers(group, active=LINUX1)
    stage = Stage(group=group, servers=servers, directory=tmp_path)
    playbook, tasks, gone = (tmp_path / name for name in ("play.yaml", "tasks.yaml", "gone.yaml"))
    playbook.write_text(START)
    tasks.write_text("- debug:\n")
    files = {str(tasks): "- debug:\n", str(gone): "- debug:\n"}
    charter = dataclasses.replace(stage.charter(START), file=str(playbook), files=files)

    assert edited_since(charter) == ()
    assert notice(charter) == ""
    tasks.write_text("- fail:\n")
    assert edited_since(charter) == (str(tasks),)
    playbook.write_text(START + "\n# one line more\n")
    assert notice(charter) == (
        f"edited since run r-1 began: {playbook}, {tasks}; it goes on with the text that it "
        "began with"
    )


def changed_since(tmp_path, **resources):
    """The charter of a run, and the program that its text makes of a group with these resources."""
    group = a_group()
    servers = InMemoryServers(group, active=LINUX1)
    stage = Stage(group=group, servers=servers, directory=tmp_path)
    text = shipped("start")
    charter = dataclasses.replace(stage.charter(text), basis=stage.program(text).basis)
    stage.group = dataclasses.replace(group, resources={**group.resources, **resources})
    return charter, stage.program(text)


def with_time(name):
    resource = a_group().resources[name]
    return dataclasses.replace(resource, stop_timeout_s=resource.stop_timeout_s + 1)


def test_a_changed_group_is_gone_on_with_only_by_the_digest_that_was_shown(tmp_path):
    charter, program = changed_since(tmp_path, site=with_time("site"))
    shown = program.digest[:12]

    refusal = not_accepted(charter, program, "")

    assert refusal.reason is Reason.PLAN_CHANGED
    assert refusal.evidence == (
        "the configuration of web has changed since run r-1 began: resource site has changed"
    )
    assert f"hasys resume r-1 --accept {shown}" in refusal.advice
    assert not_accepted(charter, program, "0123456789ab") == refusal
    assert not_accepted(charter, program, shown) is None
    assert amended(charter, program).digest == program.digest
    assert not list(changes(amended(charter, program).basis, program.basis))


def test_with_other_resources_what_was_done_means_something_else(tmp_path):
    """A new one would be taken for stopped, one that is gone would be left running."""
    charter, program = changed_since(tmp_path, cache=with_time("site"))

    for accepted in ("", program.digest):
        refusal = not_accepted(charter, program, accepted)
        assert "resource cache is new" in refusal.evidence
        assert "--accept" not in refusal.advice
        assert "--abandon" in refusal.advice


def test_an_older_run_has_not_noted_what_it_rests_on(tmp_path):
    charter, program = changed_since(tmp_path, site=with_time("site"))
    older = dataclasses.replace(charter, basis={})

    refusal = not_accepted(older, program, program.digest)

    assert refusal is not None
    assert "what, an older hasys has not noted" in refusal.evidence
