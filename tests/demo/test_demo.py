"""`hasys demo` at every level: it runs to its end, says what it is, and leaves nothing behind."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.demo.running import RunningDemo, as_ordinary_user, cannot_run, python

DEMO = python("orchestrator", "demo")
HIDDEN_SSHD = """
import os, sys
from orchestrator.demo.isolate import MS_BIND, mount
if os.path.exists("/usr/sbin/sshd"):
    mount("/dev/null", "/usr/sbin/sshd", None, MS_BIND)
os.execv(sys.argv[1], sys.argv[1:])
"""
NO_NAMESPACES = """
import os, sys
for kind in ("user", "net"):
    with open(f"/proc/sys/user/max_{kind}_namespaces", "w") as file:
        file.write("0")
os.execv(sys.argv[1], sys.argv[1:])
"""


def root_only() -> None:
    if os.geteuid() != 0:
        cannot_run("namespaces without a user namespace need root")


def watched_to_its_end(demo: RunningDemo) -> int:
    demo.until("PLAY [Start on the target]")
    return demo.end()


def assert_result(demo: RunningDemo, code: int) -> None:
    assert code == 0, demo.text
    assert re.fullmatch(r"client outage: \d+\.\d\d s", demo.lines[-1])
    assert 0 < float(demo.lines[-1].split()[2]) < 20
    assert re.search(r"Who answered: linux1 \d+,\s+linux2\s+\d+", demo.text)
    assert "\033" not in demo.text
    assert demo.left_behind() == []


@pytest.mark.lab
def test_as_root_the_servers_are_namespaces_with_a_real_ssh_server(tmp_path):
    root_only()
    demo = RunningDemo(DEMO, tmp_path)

    code = watched_to_its_end(demo)

    assert_result(demo, code)
    real = "OpenSSH." if Path("/usr/sbin/sshd").exists() else "asyncssh"
    assert f"SSH server: {real}" in demo.text.replace("\n", " ")
    assert "192.168.50.70/24 on eth0" in demo.text


@pytest.mark.lab
def test_no_program_but_python_is_needed(tmp_path):
    root_only()
    without_sshd = python("orchestrator.demo.isolate", "mount", "--")
    without_sshd += [DEMO[0], "-c", HIDDEN_SSHD]
    demo = RunningDemo([*without_sshd, *DEMO], tmp_path, PATH="/nonexistent")

    code = watched_to_its_end(demo)

    assert_result(demo, code)
    assert "asyncssh (this machine has no OpenSSH server)" in demo.text.replace("\n", " ")


@pytest.mark.lab
def test_an_ordinary_user_gets_namespaces_too(tmp_path):
    demo = RunningDemo(as_ordinary_user(DEMO), tmp_path, PATH="/nonexistent")

    code = watched_to_its_end(demo)

    if "are not possible" in demo.text:
        cannot_run("this kernel lets no ordinary user make namespaces")
    assert_result(demo, code)
    assert "namespaces made without root" in demo.text
    assert "192.168.50.70/24 on eth0" in demo.text


@pytest.mark.lab
def test_where_no_namespaces_are_allowed_it_says_what_is_not_real(tmp_path):
    forbidden = python("orchestrator.demo.isolate", "user,mount", "--")
    demo = RunningDemo([*forbidden, DEMO[0], "-c", NO_NAMESPACES, *DEMO], tmp_path)

    code = watched_to_its_end(demo)

    assert_result(demo, code)
    assert "Servers with networks of their own are not possible: " in demo.text
    assert "NOT real:" in demo.text


@pytest.mark.parametrize(
    ("level", "number"),
    [
        pytest.param("root", signal.SIGTERM, marks=pytest.mark.lab),
        pytest.param("root", signal.SIGKILL, marks=pytest.mark.lab),
        ("loopback", signal.SIGINT),
        ("loopback", signal.SIGKILL),
    ],
)
def test_nothing_is_left_of_a_demo_that_is_ended(level, number, tmp_path):
    if level == "root":
        root_only()
    demo = RunningDemo([*DEMO, "--level", level], tmp_path)
    demo.until("start done")

    demo.process.send_signal(number)
    code = demo.end()

    assert code == (-signal.SIGKILL if number is signal.SIGKILL else 130), demo.text
    assert demo.left_behind() == []


def test_a_demo_that_fails_says_so_and_where_its_log_is(tmp_path):
    demo = RunningDemo([*DEMO, "--level", "loopback"], tmp_path)
    demo.until("start done")

    demo.process_of("orchestrator.demo.host", "linux2").kill()
    code = demo.end()

    assert code == 1, demo.text
    assert "the demo failed: hasys -i inventory --state state " in demo.text
    log = Path(demo.lines[-1].removeprefix("what servers and client said: "))
    assert "DemoFailed" in log.read_text()
    log.unlink()
    assert demo.left_behind() == []


@pytest.mark.lab
def test_a_level_that_is_not_allowed_is_refused_with_the_systems_own_words(tmp_path):
    demo = RunningDemo(as_ordinary_user([*DEMO, "--level", "root"]), tmp_path)

    code = demo.end()

    assert code == 1
    assert "Operation not permitted" in demo.text
