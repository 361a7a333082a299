"""Whoever resumes a run is told which of its files were edited since it began."""

import dataclasses

from orchestrator.runtime.edited import edited_since, notice
from tests.executor.runs import START, Stage
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
