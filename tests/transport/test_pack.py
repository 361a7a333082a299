"""The pack is the helper's version: same files, same bytes; nothing in it but modules."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.transport.launch import BOOT
from orchestrator.transport.pack import FOLDER, Pack, helper_pack, pack


def copy_of_helper(folder: Path) -> Path:
    for path in FOLDER.rglob("*.py"):
        target = folder / path.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text())
    return folder


def run_helper(sent: Pack, request: object) -> list[dict[str, Any]]:
    """As sshd would start it; stdin ends only after the reply."""
    settings = {"digest": sent.digest, "state_directory": "/nonexistent"}
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in (settings, request))
    with subprocess.Popen(
        [sys.executable, "-I", "-c", BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"%d\n%s%s" % (len(sent.payload), sent.payload, lines))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    assert process.returncode == 0
    return answers


def test_the_same_files_make_the_same_pack(tmp_path: Path):
    first, second = copy_of_helper(tmp_path / "one"), copy_of_helper(tmp_path / "two")
    other = tmp_path / "three"
    for path in sorted(first.rglob("*.py"), reverse=True):
        target = other / path.relative_to(first)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text())

    assert pack(first) == pack(second) == pack(other) == helper_pack()


def test_a_change_makes_another_version(tmp_path: Path):
    folder = copy_of_helper(tmp_path)
    (folder / "facts.py").write_text((folder / "facts.py").read_text() + "# changed\n")

    assert pack(folder).digest != helper_pack().digest


def test_what_is_no_module_stays_at_home(tmp_path: Path):
    folder = copy_of_helper(tmp_path)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "facts.py").write_text("raise SystemExit")
    (folder / "__pycache__" / "facts.cpython-311.pyc").write_bytes(b"\0")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "secret.py").write_text("raise SystemExit")
    (folder / ".#facts.py").write_text("raise SystemExit")
    (folder / "README.md").write_text("changed")

    assert pack(folder) == helper_pack()


def test_the_helper_says_which_version_it_is():
    hello, pong = run_helper(helper_pack(), {"id": 1, "op": "ping", "deadline_s": 5})

    assert hello["hello"]["digest"] == helper_pack().digest
    assert hello["hello"]["protocol"] == 1
    assert pong["ok"] is True


def test_a_mistake_in_the_helper_shows_its_place(tmp_path: Path):
    folder = copy_of_helper(tmp_path)
    path = folder / "facts.py"
    path.write_text(path.read_text() + "\n\ndef facts(_context, _args):\n    return 1 / 0\n")

    _, reply = run_helper(pack(folder), {"id": 1, "op": "facts", "args": {}, "deadline_s": 5})

    error = reply["error"]
    assert "ZeroDivisionError" in error["message"]
    assert 'File "hasys:remote_helpers/facts.py"' in error["detail"]["traceback"]
    assert "return 1 / 0" in error["detail"]["traceback"], "the source line, too"
