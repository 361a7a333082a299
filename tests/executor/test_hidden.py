"""What `no_log` hides is in no event and in no file of the controller."""

import pytest

from tests.executor.runs import ControllerDied, Stage
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers, _done

PLAY = """
- hosts: source
  tasks:
    - name: Read the password
      command: read
      register: secret
      no_log: true
    - name: Use it
      assert: {that: secret.stdout == 'tr0ub4dor'}
      no_log: true
"""


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    servers = InMemoryServers(group, active=LINUX1)
    said = {"rc": 0, "stdout": "tr0ub4dor", "stderr": "", "truncated": False}
    servers.hook = lambda _server, request: _done(said) if request.op == "run" else None
    return Stage(group=group, servers=servers, directory=tmp_path)


def everything_written(directory):
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())


async def test_a_secret_is_used_and_never_written_or_told(stage):
    result = await stage.play(PLAY)

    assert result.failures == {}
    assert "tr0ub4dor" not in repr(stage.progress)
    journal = everything_written(stage.directory).replace(PLAY.encode(), b"")
    assert b'"stdout"' not in journal


async def test_a_resumed_run_says_that_the_secret_is_gone(stage):
    shown = PLAY.replace("'tr0ub4dor'}\n      no_log: true", "'tr0ub4dor'}")
    with pytest.raises(ControllerDied):
        await stage.play(shown, cut_after=2)

    result = await stage.play(shown)

    assert "hidden from the journal by no_log" in result.failures[LINUX1].message
