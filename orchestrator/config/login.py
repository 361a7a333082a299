"""Ansible's connection variables of a host to `model.Login`.

A variable that would change how Ansible connects and that has no meaning here is refused by name,
so that nobody believes it is in force.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from orchestrator.config.problems import Problems, did_you_mean
from orchestrator.config.strict_yaml import Node, Scalar
from orchestrator.model import Login

ALIASES: Mapping[str, tuple[str, ...]] = {
    "ansible_host": ("ansible_ssh_host",),
    "ansible_port": ("ansible_ssh_port",),
    "ansible_user": ("ansible_ssh_user",),
    "ansible_password": ("ansible_ssh_pass", "ansible_ssh_password"),
    "ansible_ssh_private_key_file": ("ansible_private_key_file",),
    "ansible_python_interpreter": (),
    "ansible_become": (),
    "ansible_become_method": (),
    "ansible_become_user": (),
    "ansible_ssh_timeout": ("ansible_timeout",),
    "ansible_ssh_common_args": (),
    "ansible_ssh_extra_args": (),
    "ansible_ssh_args": (),
    "ansible_connection": (),
    "ansible_host_key_checking": ("ansible_ssh_host_key_checking",),
}

# Without effect here, and nothing is lost by that.
IGNORED = frozenset(
    {
        "ansible_group_priority",
        "ansible_pipelining",
        "ansible_ssh_pipelining",
        "ansible_control_path",
        "ansible_control_path_dir",
        "ansible_ssh_retries",
        "ansible_remote_tmp",
        "ansible_shell_type",
        "ansible_ssh_executable",
        "ansible_ssh_transfer_method",
        "ansible_sftp_executable",
        "ansible_scp_executable",
        "ansible_ssh_use_tty",
    }
)

NO_SUDO_PASSWORD = "allow the user in sudoers with NOPASSWD: sudo is run as sudo -n"  # noqa: S105
REFUSED: Mapping[str, str] = {
    "ansible_become_password": NO_SUDO_PASSWORD,
    "ansible_become_pass": NO_SUDO_PASSWORD,
    "ansible_sudo_pass": NO_SUDO_PASSWORD,
    "ansible_become_flags": NO_SUDO_PASSWORD,
    "ansible_become_exe": "sudo is taken from the PATH of the server",
    "ansible_ssh_private_key": "keep the key in a file: ansible_ssh_private_key_file",
    "ansible_ssh_private_key_passphrase": "use a key without a passphrase that only the controller"
    " can read",
    "ansible_ssh_passphrase": "use a key without a passphrase that only the controller can read",
}

SSH_OPTIONS: Mapping[str, str] = {
    "port": "write ansible_port",
    "user": "write ansible_user",
    "hostname": "write ansible_host",
    "identityfile": "write ansible_ssh_private_key_file",
    "connecttimeout": "write ansible_ssh_timeout",
    "stricthostkeychecking": "host keys are always checked; hasys authorize stores them",
    "controlmaster": "leave it away: one connection is kept anyway",
    "controlpath": "leave it away: one connection is kept anyway",
    "controlpersist": "leave it away: one connection is kept anyway",
    "serveraliveinterval": "leave it away: a dead connection is noticed anyway",
    "serveralivecountmax": "leave it away: a dead connection is noticed anyway",
    "proxyjump": "servers are reached directly",
    "proxycommand": "servers are reached directly",
}

ADDRESS = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*)|[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?")
USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@\\-]*\$?")
INTERPRETER_WORDS = ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent")


class LoginReader:
    """One host's variables; `base` is what relative paths start from, `home` what `~` means."""

    def __init__(
        self, host: str, variables: Mapping[str, Node], base: Path, home: Path, problems: Problems
    ) -> None:
        self._host = host
        self._variables = variables
        self._base = base
        self._home = home
        self._problems = problems

    def read(self) -> Login:
        """Best effort where there are problems: they have been noted."""
        self._check_names()
        self._check_fixed(
            "ansible_connection", ("ssh", "smart", "paramiko"), "servers are reached by ssh"
        )
        if self._flag("ansible_become"):
            self._check_fixed("ansible_become_method", ("sudo",), "the helper becomes root by sudo")
            self._check_fixed("ansible_become_user", ("root",), "the helper becomes root")
        if not self._flag("ansible_host_key_checking", default=True):
            self._refuse("ansible_host_key_checking", SSH_OPTIONS["stricthostkeychecking"])
        python = self._text("ansible_python_interpreter")
        default = Login(address=self._text("ansible_host", ADDRESS, "an address") or self._host)
        timeout = self._number("ansible_ssh_timeout", 1, 300)
        return Login(
            address=default.address,
            port=self._number("ansible_port", 1, 65535) or default.port,
            user=self._text("ansible_user", USER, "a login name") or default.user,
            key_file=self._file("ansible_ssh_private_key_file"),
            password=self._text("ansible_password"),
            known_hosts=self._known_hosts(),
            python=None if python in INTERPRETER_WORDS else python,
            become=self._flag("ansible_become"),
            connect_timeout_s=float(timeout or default.connect_timeout_s),
        )

    def _check_names(self) -> None:
        known = {*ALIASES, *(name for names in ALIASES.values() for name in names)}
        for name in self._variables:
            if name in REFUSED:
                self._refuse(name, REFUSED[name])
            elif name.startswith("ansible_") and name not in known | IGNORED:
                hint = did_you_mean(name, known)
                self._add(name, "is not a connection variable known here", hint)

    def _find(self, name: str) -> tuple[str, Scalar] | None:
        """The variable under any of its names; two that differ leave open which one counts."""
        found: list[tuple[str, Scalar]] = []
        for one in (name, *ALIASES[name]):
            node = self._variables.get(one)
            if isinstance(node, Scalar) and node.value is not None:
                found.append((one, node))
            elif node is not None and not isinstance(node, Scalar):
                self._add(one, "must be a single value", "")
        if not found:
            return None
        first, *others = found
        for other, node in others:
            if node.text != first[1].text:
                self._add(other, f"says otherwise than {first[0]}", "keep one of them")
        if "{{" in first[1].text or "{%" in first[1].text:
            hint = "write the value itself"
            self._add(first[0], "templates are not rendered in connection variables", hint)
            return None
        return first

    def _text(
        self, name: str, pattern: re.Pattern[str] | None = None, what: str = ""
    ) -> str | None:
        found = self._find(name)
        if found is None:
            return None
        text = found[1].text
        if pattern is not None and not pattern.fullmatch(text):
            self._add(found[0], f"{text!r} is not {what}", "")
        return text

    def _number(self, name: str, low: int, high: int) -> int | None:
        found = self._find(name)
        if found is None:
            return None
        text = found[1].text
        if text.isascii() and text.isdigit() and low <= int(text[:9]) <= high:
            return int(text)
        self._add(found[0], f"{text!r} is not a whole number from {low} to {high}", "")
        return None

    def _flag(self, name: str, *, default: bool = False) -> bool:
        found = self._find(name)
        if found is None:
            return default
        value = found[1].value
        if not isinstance(value, bool):
            hint = "yes, no, on and off are words in YAML 1.2: write true or false"
            self._add(found[0], f"{found[1].text!r} is not true or false", hint)
            return default
        return value

    def _file(self, name: str) -> Path | None:
        text = self._text(name)
        return self._path(name, text) if text else None

    def _path(self, name: str, text: str) -> Path:
        if text.startswith("~") and not text.startswith("~/"):
            hint = "write ~/... or the whole path"
            self._add(name, f"{text!r} begins with the home of another user", hint)
        expanded = self._home / text[2:] if text.startswith("~/") else Path(text)
        return self._base / expanded

    def _known_hosts(self) -> Path | None:
        found: Path | None = None
        for name in ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"):
            text = self._text(name)
            if text:
                found = self._ssh_arguments(name, text) or found
        return found

    def _ssh_arguments(self, name: str, text: str) -> Path | None:
        try:
            words = shlex.split(text)
        except ValueError as error:
            self._add(name, f"{text!r} cannot be split into words: {error}", "")
            return None
        found: Path | None = None
        while words:
            word = words.pop(0)
            if not word.startswith("-o"):
                hint = "the one option that is taken: -o UserKnownHostsFile=PATH"
                self._add(name, f"the ssh option {word} is not taken here", hint)
                break
            option = word[2:].strip() or (words.pop(0) if words else "")
            key, _, value = option.replace("=", " ", 1).partition(" ")
            if key.lower() == "userknownhostsfile":
                found = self._known_hosts_file(name, value.strip())
            else:
                hint = SSH_OPTIONS.get(
                    key.lower(), "the one option that is taken: -o UserKnownHostsFile=PATH"
                )
                self._add(name, f"the ssh option {key} is not taken here", hint)
        return found

    def _known_hosts_file(self, name: str, value: str) -> Path | None:
        if value in ("/dev/null", "none", "") or " " in value:
            self._add(
                name,
                f"UserKnownHostsFile={value} is not one file with host keys",
                SSH_OPTIONS["stricthostkeychecking"],
            )
            return None
        return self._path(name, value)

    def _check_fixed(self, name: str, allowed: tuple[str, ...], what: str) -> None:
        found = self._find(name)
        if found is not None and found[1].text not in allowed:
            self._add(
                name,
                f"{found[1].text!r} is not taken here: {what}",
                f"write {allowed[0]}, or leave it away",
            )

    def _refuse(self, name: str, advice: str) -> None:
        self._add(name, "is not taken here", advice)

    def _add(self, name: str, message: str, hint: str) -> None:
        node = self._variables.get(name)
        names = (name, *ALIASES.get(name, ()))
        node = node or next((self._variables[n] for n in names if n in self._variables), None)
        if node is not None:
            self._problems.add(node.position, message, path=(name,), hint=hint)
