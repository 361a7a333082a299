"""Scripts and modules of a site's own, run once by a real module_helper, of which nothing stays."""

import json
from pathlib import Path

import pytest

from tests.helpers.session import REIGN


def run(module_helper, script, name="one", **args):
    return module_helper.call("program", reign=REIGN, script=script, name=name, **args)


def left():
    return sorted(Path("/tmp").glob("hasys-*/endless"))


def test_a_script_gets_its_words_its_input_and_its_folder(module_helper, tmp_path):
    reply = run(
        module_helper,
        '#!/bin/sh\necho "$1/$2/$X"; cat; pwd; exit 3\n',
        words=["a b", 2],
        stdin="in\n",
        environment={"X": "y"},
        directory=str(tmp_path),
    )

    assert reply["data"]["rc"] == 3
    assert reply["data"]["stdout"] == f"a b/2/y\nin\n{tmp_path}\n"


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("echo ran", "one.sh"),
        ("#!/usr/bin/env python3\nprint('ran')", "one"),
        ("#!/no/such/python3.99\nprint('ran')", "one"),
        ("print('ran')", "one.py"),
        ("#!/bin/bash -e\necho ran", "one"),
    ],
)
def test_the_first_line_says_what_runs_it(module_helper, script, name):
    assert run(module_helper, script, name)["data"]["stdout"] == "ran\n"


def test_it_may_run_as_another_user_and_nobody_else_can_read_it(module_helper):
    reply = run(module_helper, "id -un; stat -c '%a %U' \"$0\"", user="nobody")

    assert reply["data"]["stdout"] == "nobody\n700 nobody\n"


def test_a_module_gets_its_arguments_as_a_file(module_helper):
    reply = run(module_helper, '#!/bin/sh\ncat "$1"', module={"a": [1, "ü"]})

    assert json.loads(reply["data"]["stdout"]) == {"a": [1, "ü"]}


def test_one_that_does_not_end_is_killed_and_leaves_nothing(module_helper, tmp_path):
    reply = run(module_helper, f"touch {tmp_path}/began; sleep 600", "endless", deadline_s=1)

    assert reply["error"]["kind"] == "timed-out"
    assert (tmp_path / "began").exists()
    assert left() == []


def test_only_what_says_so_is_asked_what_it_would_do(module_helper, tmp_path):
    args = {"script": f"touch {tmp_path}/ran; echo done", "name": "x", "module": {}}

    quiet = module_helper.call("check", op="program", args=args)["data"]
    asked = module_helper.call("check", op="program", args={**args, "foretells": True})["data"]

    assert (quiet["would"], quiet["result"]) == ("unknown", None)
    assert asked["result"]["stdout"] == "done\n"


def test_what_need_not_run_is_not_sent_to_run(module_helper, tmp_path):
    reply = run(module_helper, f"touch {tmp_path}/ran", creates=str(tmp_path))

    assert "is there" in reply["data"]["not_run"]
    assert list(tmp_path.iterdir()) == []
