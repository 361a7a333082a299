"""What tasks read beside the playbook: found, checked and kept before the run begins."""

import pytest

from orchestrator.errors import ConfigInvalid
from orchestrator.playbooks.beside import FilesOf, Kept
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.parse import parse
from orchestrator.transport import Done
from tests.graph.groups import billing

PLAY = "- hosts: group\n  tasks:\n"


def problems(task, files):
    with pytest.raises(ConfigInvalid) as found:
        parse(PLAY + f"    - {task}\n", "site.yaml", Kept(files))
    return [str(one) for one in found.value.problems]


def request(book, **variables):
    task = compile_program(book, billing()).plays[0].tasks[0].task
    module = MODULES[task.module]
    call = module.call(task.args, variables, 60.0, FilesOf("site.yaml", book.files))
    return module, call


def done(**data):
    return Done(data=data, took_s=0.1)


def test_a_file_of_the_folder_comes_before_one_beside_the_playbook():
    files = {"files/my.cnf": "folder", "my.cnf": "beside", "other": "x"}
    book = parse(PLAY + "    - copy: {src: my.cnf, dest: /etc/my.cnf}\n", "site.yaml", Kept(files))
    module, call = request(book)

    assert book.files == {"files/my.cnf": "folder"}
    assert module.ask(call).args["content"] == "folder"
    assert module.ask(call).args["name"] == "my.cnf"


def test_every_file_that_a_template_in_its_name_may_mean_is_kept():
    files = {"files/linux1.cnf": "1", "files/linux2.cnf": "2", "files/x.txt": "x"}
    text = PLAY + "    - copy: {src: '{{ inventory_hostname }}.cnf', dest: /etc/my.cnf}\n"

    assert parse(text, "site.yaml", Kept(files)).files == {
        "files/linux1.cnf": "1",
        "files/linux2.cnf": "2",
    }


def test_a_file_that_is_not_there_is_a_problem_with_its_place():
    (found,) = problems("copy: {src: my.cnf, dest: /x}", {})

    assert "site.yaml:3:19: copy: there is no file files/my.cnf, nor my.cnf" in found


def test_a_broken_template_is_told_with_its_own_line():
    (found,) = problems(
        "template: {src: a.j2, dest: /x}", {"templates/a.j2": "ok\n{{ x | nope }}\n"}
    )

    assert "templates/a.j2:2:1: unknown filter 'nope'" in found


def test_a_template_sees_the_variables_and_leaves_no_empty_lines():
    files = {
        "templates/a.j2": "# {{ ansible_managed }}\n{% for one in names %}\nserver {{ one }}\n"
        "{% endfor %}\nend\n"
    }
    text = PLAY + "    - template: {src: a.j2, dest: /x}\n"
    module, call = request(parse(text, "site.yaml", Kept(files)), names=["a", "b"])

    content = module.ask(call).args["content"]

    assert content.splitlines()[1:] == ["server a", "server b", "end"]
    assert content.startswith("# Managed by HA_SYS")


def test_a_script_is_sent_with_its_words():
    files = {"files/sub/x.sh": "echo"}
    text = PLAY + "    - script: sub/x.sh 'a b' c\n"
    module, call = request(parse(text, "site.yaml", Kept(files)))

    args = module.ask(call).args

    assert (args["name"], args["script"], args["words"]) == ("sub/x.sh", "echo", ["a b", "c"])


def test_a_module_of_the_sites_own_is_used_by_its_name():
    files = {"library/queue.py": "print('{}')"}
    text = PLAY + "    - queue: {name: mail, drained: true}\n"
    book = parse(text, "site.yaml", Kept(files))
    module, call = request(book)

    assert book.plays[0].tasks[0].name == "queue"
    assert module.ask(call).args == {
        "name": "library/queue.py",
        "script": "print('{}')",
        "module": {"name": "mail", "drained": True, "_ansible_check_mode": False},
    }


def test_no_module_of_the_sites_own_takes_the_name_of_one_of_ours():
    files = {"library/command.py": "print('{}')"}
    book = parse(PLAY + "    - command: /bin/true\n", "site.yaml", Kept(files))

    assert book.plays[0].tasks[0].module == "command"


def test_one_that_needs_ansibles_library_is_refused_before_the_run():
    text = "import json\nfrom ansible.module_utils.basic import AnsibleModule\n"
    (found,) = problems("queue: {}", {"library/queue.py": text})

    assert "library/queue.py:2:1: it needs Ansible's Python library" in found


def said(**ended):
    files = {"library/queue.py": ""}
    module, call = request(parse(PLAY + "    - queue:\n", "site.yaml", Kept(files)))
    answer = {"rc": 0, "stdout": "", "stderr": "", "truncated": False, **ended}
    return module.conclude(call, done(**answer))


@pytest.mark.parametrize(
    ("stdout", "status", "message"),
    [
        ('{"changed": true, "msg": "drained"}', "changed", "drained"),
        ('{"changed": false}', "ok", ""),
        ("a warning\n{\n}\nbye", "ok", ""),
        ('{"skipped": true}', "skipped", ""),
        ('{"failed": true, "msg": "no"}', "failed", "library/queue.py: no"),
        ("hello", "failed", "printed no JSON object (exit code 0): hello"),
        ("", "failed", "printed no JSON object (exit code 0), but nothing"),
        ("[1]", "failed", "printed no JSON object"),
        ('{"changed": "yes"}', "failed", "'changed' is neither true nor false"),
    ],
)
def test_what_it_prints_becomes_the_outcome(stdout, status, message):
    outcome = said(stdout=stdout)

    assert outcome.status.value == status
    assert message in outcome.message


def test_whatever_goes_wrong_names_the_module():
    assert said(rc=1, stderr="Traceback\nKeyError: x\n").message == (
        "library/queue.py printed no JSON object (exit code 1): KeyError: x"
    )
    assert said(rc=2, stdout='{"msg": "half done"}').message == "library/queue.py: half done"
    assert "printed more than a module may" in said(truncated=True, stdout="{").message


def test_what_it_registers_and_how_it_differs():
    outcome = said(stdout='{"changed": true, "depth": 3, "diff": {"before": "3", "after": "0"}}')

    assert outcome.result == {"changed": True, "depth": 3}
    assert (outcome.diff.before, outcome.diff.after) == ("3", "0")


def test_only_one_that_declares_it_is_asked_what_it_would_do():
    quiet = {"library/queue.py": "print('{}')"}
    able = {"library/queue.py": "# supports_check_mode = True\nprint('{}')"}
    text = PLAY + "    - queue:\n"

    module, call = request(parse(text, "site.yaml", Kept(quiet)))
    assert "does not declare supports_check_mode" in module.check(call).message
    module, call = request(parse(text, "site.yaml", Kept(able)))
    asked = module.check(call)
    assert asked.op == "check"
    assert asked.args["args"]["module"] == {"_ansible_check_mode": True}
    answer = {"rc": 0, "stdout": '{"changed": true}', "stderr": "", "truncated": False}
    found = module.predict(call, done(would="unknown", result=answer))
    assert found.verdict.value == "would change"
