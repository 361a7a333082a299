"""The ways in: who may, who may not, and what a person reads who may not."""

import shutil
import subprocess

import pytest
import yaml

from tests.lab.programs import ProgramFailed, run

pytestmark = pytest.mark.lab

SUDOERS = "/etc/sudoers.d/hasys"


def change_login(site, **variables):
    """For both servers; None takes a variable away."""
    path = site.inventory / "hosts.yaml"
    document = yaml.safe_load(path.read_text())
    for host in document["all"]["children"]["web"]["hosts"].values():
        for name, value in variables.items():
            host.pop(name, None)
            if value is not None:
                host[name] = value
    path.write_text(yaml.safe_dump(document))


def own_known_hosts(site):
    path = site.inventory / "known_hosts"
    shutil.copy(site.lab.description.servers[0].known_hosts, path)
    change_login(site, ansible_ssh_common_args=f"-o UserKnownHostsFile={path}")
    return path


def both(site, *argv):
    for server in ("linux1", "linux2"):
        site.on(server, *argv)


@pytest.mark.mission("A2")
def test_a_login_without_rights_of_its_own_does_all_by_sudo(site):
    change_login(site, ansible_user="hasys", ansible_become=True)

    site.done("start", "web")
    site.done("switchover", "web")

    assert site.fetch().strip() == "linux2"
    assert site.on("linux2", "stat", "-c", "%U %a", "/var/lib/hasys").split() == ["root", "700"]


def test_without_sudo_nothing_is_touched_and_the_message_says_what_to_write(site):
    both(site, "rm", SUDOERS)
    change_login(site, ansible_user="hasys", ansible_become=True)

    answer = site.hasys("start", "web")

    assert answer.code == 4
    assert "linux1 (hasys@" in answer.err
    assert "login refused" in answer.err
    assert "a password is required" in answer.err
    assert "`hasys authorize` prints the sudoers line" in answer.err


def test_a_login_without_rights_that_does_not_use_sudo_is_told_so(site):
    change_login(site, ansible_user="hasys")

    answer = site.hasys("start", "web")

    assert answer.code == 3
    assert "refused (not-registered): linux1 does not take epoch 1" in answer.err
    assert "log in as root, or set ansible_become: true" in answer.err


def test_a_wrong_key_and_a_wrong_user_are_named(site, tmp_path):
    key = tmp_path / "other-key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    change_login(site, ansible_ssh_private_key_file=str(key))
    wrong_key = site.hasys("start", "web")
    change_login(site, ansible_ssh_private_key_file=str(tmp_path / "no-key"))
    no_key = site.hasys("start", "web")
    good = str(site.lab.description.servers[0].key)
    change_login(site, ansible_ssh_private_key_file=good, ansible_user="nobody-here")
    wrong_user = site.hasys("start", "web")

    assert [wrong_key.code, no_key.code, wrong_user.code] == [4, 4, 4]
    assert f"root may not log in with {key}" in wrong_key.err
    assert f"cannot read {tmp_path / 'no-key'}" in no_key.err
    assert "nobody-here may not log in" in wrong_user.err


def test_a_host_key_that_changed_is_refused_with_file_and_line(site):
    known = own_known_hosts(site)
    site.done("start", "web")
    site.on("linux2", "sh", "-c", "rm /etc/ssh/ssh_host_ed25519_key*")
    site.on(
        "linux2",
        "ssh-keygen",
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-f",
        "/etc/ssh/ssh_host_ed25519_key",
    )
    site.on("linux2", "systemctl", "restart", "ssh")

    answer = site.hasys("switchover", "web")
    accepting = site.hasys("switchover", "web", "--accept-new-host-keys")

    for refused in (answer, accepting):
        assert refused.code == 4
        assert "host key not accepted" in refused.err
        assert f"is not the one in {known} line 2" in refused.err
        assert f"ssh-keygen -f {known} -R" in refused.err
    assert site.fetch().strip() == "linux1"


def test_an_unknown_host_key_is_accepted_only_where_that_is_asked_for(site):
    known = own_known_hosts(site)
    known.write_text("")

    answer = site.hasys("status")
    stored_nothing = known.read_text() == ""
    site.done("start", "web", "--accept-new-host-keys")
    site.done("status")

    assert answer.code == 5
    assert f"is not in {known}" in answer.out
    assert stored_nothing
    assert len(known.read_text().splitlines()) == 2


def test_a_server_without_python_is_told_as_that(site):
    site.on("linux2", "sh", "-c", "mkdir /root/away && mv /usr/bin/python3* /root/away/")

    answer = site.hasys("start", "web")
    site.on("linux2", "sh", "-c", "mv /root/away/python3.11 /usr/local/bin/python-for-us")
    change_login(site, ansible_python_interpreter="/usr/local/bin/python-for-us")
    site.on("linux1", "ln", "-s", "/usr/bin/python3", "/usr/local/bin/python-for-us")
    site.done("start", "web", "--on", "linux1")

    assert answer.code == 4
    assert "linux2 (root@" in answer.err
    assert "no usable Python" in answer.err
    assert "ansible_python_interpreter" in answer.err
    assert site.fetch().strip() == "linux1"


@pytest.mark.mission("A2")
def test_under_the_printed_lines_the_main_job_works_and_nothing_else_does(site, tmp_path):
    """The login has no other key, and no other right, than what `hasys authorize` prints."""
    key = tmp_path / "controller-key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    change_login(
        site,
        ansible_user="hasys",
        ansible_become=True,
        ansible_ssh_private_key_file=str(key),
        ansible_python_interpreter="/usr/bin/python3",
    )
    for server in ("linux1", "linux2"):
        printed = site.done("authorize", server, "-o", "json").document
        install(site, server, "/home/hasys/.ssh/authorized_keys", printed["authorized_keys"])
        install(site, server, SUDOERS, printed["sudoers"])
        site.on(server, "visudo", "--check", "--quiet")

    site.done("start", "web")
    site.done("switchover", "web")
    refused = [
        attempt(site, key, "ssh", "HOST", "id"),
        attempt(site, key, "ssh", "-t", "-t", "HOST", "id"),
        attempt(site, key, "scp", "/etc/hostname", "HOST:/tmp/copied"),
        attempt(
            *(site, key, "ssh", "-N", "-o", "ExitOnForwardFailure=yes"),
            *("-R", "9901:127.0.0.1:22", "HOST"),
        ),
    ]

    assert site.fetch().strip() == "linux2"
    for one in refused:
        assert one.returncode != 0
        assert "uid=" not in one.stdout
    with pytest.raises(ProgramFailed):
        site.on("linux1", "test", "-e", "/tmp/copied")
    with pytest.raises(ProgramFailed):
        site.on("linux1", "runuser", "-u", "hasys", "--", "sudo", "-n", "id")


def install(site, server, path, line):
    """As the owner of the folder, and as closed as sshd and sudo want it."""
    if path == SUDOERS:
        script = 'printf "%s\\n" "$2" > "$1"; chmod 440 "$1"'
    else:
        script = (
            'install -d -o hasys -g hasys -m 700 "$(dirname "$1")"; printf "%s\\n" "$2" > "$1";'
            'chown hasys "$1"; chmod 600 "$1"'
        )
    site.on(server, "sh", "-c", script, "sh", path, line)


def attempt(site, key, program, *words):
    """With the key, as somebody would by hand; `HOST` stands for the login."""
    server = site.lab.description.server("linux1")
    argv = [
        *("timeout", "10", program),  # scp would wait for ever: the helper waits, too
        *("-F", "none", "-i", str(key), "-o", f"UserKnownHostsFile={server.known_hosts}"),
        *("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"),
        *(word.replace("HOST", f"hasys@{server.address}") for word in words),
    ]
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
