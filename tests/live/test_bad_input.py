"""Files that are wrong, through the real command: told by file, line and column, all at once.

No server is needed: nothing may be touched. What each message says word for word is proven where
the files are read; here it must come through, with its exit code.
"""

import re
import shutil

import pytest

from tests.live.site import Controller

HOSTS = """\
all:
  children:
    pair:
      hosts:
        one: {ansible_host: 192.0.2.1}
        two: {ansible_host: 192.0.2.2}
        three: {ansible_host: 192.0.2.3}
"""
GROUP = """\
group: pair
servers: [one, two]
preferred_active: one
networks:
  public: {interface: eth0, gateway: 192.0.2.254}
resources:
  data: {mount: /data, device: /dev/vdb, fstype: ext4}
  site: {process: httpd, start: httpd, after: [data]}
  address: {ip: 192.0.2.70/24, network: public, after: [site]}
"""
BOMB = "\n".join([f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else '1'}]" for n in range(9)])


@pytest.fixture
def files(tmp_path):
    """A good inventory; only its third host is one too many for the group."""
    site = Controller(tmp_path, "pair")
    (site.inventory / "groups").mkdir(parents=True)
    (site.inventory / "hosts.yaml").write_text(HOSTS.replace("        three", "    #   three"))
    site.group_file.write_text(GROUP)
    return site


CASES = {
    "no-yaml": ("group: pair", "group: [pair", "groups/pair.yaml:2:"),
    "unknown-key": ("gateway:", "gatway:", r"pair.yaml:5:\d+: networks.public.gatway"),
    "alias-bomb": ("resources:", f"{BOMB}\nresources:", "more than 200,000 values"),
    "ring": (
        "fstype: ext4",
        "fstype: ext4, after: [site]",
        r"pair.yaml:6:1: resources: .* data -> site -> data",
    ),
    "unknown-server": ("[one, two]", "[one, too]", r"pair.yaml:2:\d+: servers.*'too'|too"),
    "three-servers": ("[one, two]", "[one, two, three]", r"pair.yaml:2:\d+: servers"),
    "outside": ("192.0.2.70/24", "198.51.100.70/24", r"pair.yaml:9:\d+: resources.address"),
}


@pytest.mark.mission("O9")
@pytest.mark.parametrize("case", CASES)
def test_wrong_files_are_told_by_place_and_nothing_is_done(files, case):
    before, after, told = CASES[case]
    assert before in GROUP
    files.group_file.write_text(GROUP.replace(before, after, 1))

    answer = files.hasys("start", "pair")

    assert answer.code == 65
    assert re.search(told, answer.err)
    assert re.search(r"groups/pair\.yaml:\d+:\d+: ", answer.err)
    assert re.search(r"\d+ problems? in the configuration", answer.err)
    assert not files.state.exists()


@pytest.mark.mission("O9")
def test_good_files_are_found_good_and_an_example_is_written(files, tmp_path):
    assert files.hasys("check").code == 0

    shutil.rmtree(files.inventory)
    missing = files.hasys("check")
    written = files.done("init", str(files.inventory))
    again = files.hasys("init", str(files.inventory))

    assert missing.code == 2
    assert "which is not a directory" in missing.err
    assert "hosts.yaml" in written.out
    assert again.code == 2
    assert files.hasys("check").code == 0
    assert files.hasys("flow", "show", "billing").out.strip()


WRONG_COMMANDS = {
    "switchovr pair": "Did you mean 'switchover'",
    "start nowhere": "nowhere",
    "start pair no-part": "pair has no resource no-part",
    "start pair --on three": "'three' is not a server of pair",
    "play pair no-playbook": "there is no playbook 'no-playbook'",
    "play pair switchover -e =": "is neither KEY=VALUE nor JSON nor @FILE",
    "play pair switchover -e {": "not JSON",
    "resume r-1": "there is no run 'r-1'",
    "-o xml status": "'xml' is not one of 'table', 'json'",
}


@pytest.mark.parametrize("words", WRONG_COMMANDS)
def test_wrong_commands_end_with_2_and_say_what_would_be_right(files, words):
    answer = files.hasys(*words.split())

    assert answer.code == 2
    assert WRONG_COMMANDS[words] in answer.err


def test_a_playbook_that_is_wrong_is_told_by_place_before_a_server_is_asked(files):
    play = files.inventory / "mine.yaml"
    play.write_text(
        "- hosts: source\n  tasks:\n    - shel: date\n    - command: date\n      with_items: [1]\n"
    )

    answer = files.hasys("play", "pair", str(play))

    assert answer.code == 65
    assert f"{play}:3:7: " in answer.err
    assert "shell" in answer.err
    assert f"{play}:5:7: " in answer.err
