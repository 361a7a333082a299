"""A playbook run by `ansible-playbook` and by `hasys play` on the same two servers."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.live.site import Site

HERE = Path(__file__).parent
WITH = "# with:"
SHOWN = "show"
"""Of a task with a name that begins so, what it said is compared as well."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcomes:
    """By host: each task's name, how it ended, and what it said if that is to be compared."""

    tasks: dict[str, list[tuple[str, ...]]]
    is_good: bool
    output: str


def arguments_of(playbook: Path) -> list[tuple[str, ...]]:
    """One run for each line `# with: ARGUMENTS`; without such a line one without any."""
    lines = playbook.read_text().splitlines()
    found = [line.removeprefix(WITH) for line in lines if line.startswith(WITH)]
    return [tuple(shlex.split(line)) for line in found] or [()]


def by_ansible(
    executable: Path, site: Site, playbook: Path, arguments: Sequence[str], folder: Path
) -> Outcomes:
    file = folder / "ansible.jsonl"
    file.write_text("")
    (folder / "ansible.cfg").write_text("")
    settings = {
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_SSH_ARGS": "-F none -o ControlMaster=auto -o ControlPersist=30s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": "/tmp/hasys-compare",
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "outcomes",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "OUTCOMES_FILE": str(file),
        "LC_ALL": "C.UTF-8",
    }
    done = _run(
        [str(executable), "-i", str(site.inventory / "hosts.yaml"), str(playbook), *arguments],
        settings,
    )
    return Outcomes(
        tasks=_by_host((one["host"], one) for one in _lines(file)),
        is_good=done.returncode == 0,
        output=done.stdout + done.stderr,
    )


def by_hasys(site: Site, playbook: Path, arguments: Sequence[str], folder: Path) -> Outcomes:
    file = folder / "hasys.jsonl"
    file.write_text("")
    log = ["--log", str(file)]
    done = _run(site.command("play", site.group, str(playbook), *log, *arguments), {})
    ended = [one for one in _lines(file) if one["event"] == "task-ended"]
    return Outcomes(
        tasks=_by_host((str(one["server"]), one) for one in ended),
        is_good=done.returncode == 0,
        output=done.stdout + done.stderr,
    )


def _run(argv: Sequence[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HASYS_INVENTORY": "", "HASYS_STATE": "", **settings}
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=120, env=environment, cwd=HERE, check=False
    )


def _lines(file: Path) -> Iterator[dict[str, str]]:
    for line in file.read_text().splitlines():
        yield json.loads(line)


def _by_host(records: Iterator[tuple[str, dict[str, str]]]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for host, one in records:
        is_shown = one["name"].startswith(SHOWN) and one["status"] != "skipped"
        said = (one["message"],) if is_shown else ()
        found.setdefault(host, []).append((one["name"], one["status"], *said))
    return found
