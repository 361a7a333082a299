"""Modules that ask from the server: their programs are run, against a server of their own."""

import json
import os
import subprocess
import sys

import pytest

from orchestrator.model import Status
from orchestrator.playbooks.modules import MODULES
from orchestrator.transport import Done


def asked(name, args):
    return MODULES[name].ask(MODULES[name].call(args, {}, 60.0))


def run_here(request):
    """What the helper does with the request, on this machine."""
    ran = subprocess.run(
        request.args["argv"],
        input=request.args.get("stdin", ""),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    data = {"rc": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}
    return Done(data=data, took_s=0.1)


@pytest.fixture
def web_server():
    """A server of its own process that answers 200 to / and 404 elsewhere, and a POST with what
    came; its port."""
    program = (
        "import http.server as h\n"
        "class Handler(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path == '/' else 404)\n"
        "        self.end_headers(); self.wfile.write(b'hello')\n"
        "    def do_POST(self):\n"
        "        body = self.rfile.read(int(self.headers['Content-Length']))\n"
        "        self.send_response(202); self.end_headers()\n"
        "        self.wfile.write((self.headers['Content-Type'] + ' ').encode() + body)\n"
        "s = h.HTTPServer(('127.0.0.1', 0), Handler); print(s.server_port, flush=True)\n"
        "s.serve_forever()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def greeting_server():
    """A server of its own process that greets who connects and hangs up; its port."""
    program = (
        "import socketserver as s\n"
        "class Handler(s.BaseRequestHandler):\n"
        "    def handle(self): self.request.sendall(b'220 mail ESMTP\\r\\n')\n"
        "s = s.TCPServer(('127.0.0.1', 0), Handler); print(s.server_address[1], flush=True)\n"
        "s.serve_forever()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        yield int(process.stdout.readline())
        process.kill()


def used(name, args):
    """How the module ends with these arguments, its program run on this machine."""
    call = MODULES[name].call(args, {}, 60.0)
    return MODULES[name].conclude(call, run_here(MODULES[name].ask(call)))


def test_uri_asks_and_tells_the_status(web_server):
    args = {"url": f"http://127.0.0.1:{web_server}/", "return_content": True}
    outcome = used("uri", args)

    assert outcome.status is Status.OK
    assert outcome.result == {"status": 200, "content": "hello"}


def test_uri_fails_on_another_status(web_server):
    args = {"url": f"http://127.0.0.1:{web_server}/x"}
    outcome = used("uri", args)

    assert outcome.status is Status.FAILED
    assert outcome.message.endswith("/x answered 404, expected 200")
    expected = {**args, "status_code": [200, 404]}
    assert used("uri", expected).status is Status.OK


def test_uri_keeps_what_is_secret_from_the_command_line():
    args = {"url": "http://127.0.0.1/", "url_username": "kim", "url_password": "tr0ub4dor"}

    request = asked("uri", {**args, "headers": {"X-Token": "5ecret"}})

    assert "a2ltOnRyMHViNGRvcg==" in request.args["stdin"]
    assert "5ecret" in request.args["stdin"]
    assert not [word for word in request.args["argv"] if "5ecret" in word or "a2lt" in word]


def test_uri_says_why_there_is_no_answer():
    args = {"url": "http://127.0.0.1:1/"}
    outcome = used("uri", args)

    assert outcome.status is Status.FAILED
    assert "refused" in outcome.message
    assert asked("uri", {"url": "file:///etc/passwd"}).status is Status.FAILED


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"body_format": "json", "body": {"to": ["a"], "n": 1}}, {"to": ["a"], "n": 1}),
        ({"body_format": "json", "body": '{"to": "a"}'}, {"to": "a"}),
        ({"body_format": "json", "body": True}, True),
    ],
)
def test_uri_sends_json(web_server, said, sent):
    url = f"http://127.0.0.1:{web_server}/"
    args = {"url": url, "method": "POST", "status_code": 202, "return_content": True, **said}
    outcome = used("uri", args)

    assert outcome.status is Status.OK
    content_type, _, body = outcome.result["content"].partition(" ")
    assert content_type == "application/json"
    assert json.loads(body) == sent


@pytest.mark.parametrize(
    ("said", "content"),
    [
        (
            {"body_format": "form-urlencoded", "body": {"to": ["a", "b c"], "n": 1}},
            "application/x-www-form-urlencoded to=a&to=b+c&n=1",
        ),
        ({"body": "grüß", "headers": {"content-type": "text/plain"}}, "text/plain grüß"),
        ({"body_format": "json", "body": [], "headers": {"content-type": "a/b"}}, "a/b []"),
    ],
)
def test_uri_sends_forms_and_texts(web_server, said, content):
    url = f"http://127.0.0.1:{web_server}/"
    args = {"url": url, "method": "POST", "status_code": 202, "return_content": True, **said}
    outcome = used("uri", args)

    assert outcome.result == {"status": 202, "content": content}


def test_uri_keeps_the_content_where_it_is_told_to_or_was_not_expected(web_server):
    """As Ansible's: of an expected answer the status is enough."""
    args = {"url": f"http://127.0.0.1:{web_server}/"}
    unexpected = {**args, "status_code": 404}

    assert used("uri", args).result == {"status": 200}
    outcome = used("uri", unexpected)
    assert outcome.result["content"] == "hello"


def test_uri_keeps_the_body_from_the_command_line():
    args = {"url": "http://127.0.0.1/", "method": "POST", "body_format": "json"}

    request = asked("uri", {**args, "body": {"token": "5ecret"}})

    assert "5ecret" in request.args["stdin"]
    assert not [word for word in request.args["argv"] if "5ecret" in word]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"body": {"token": "5ecret"}}, "'body': it is no text; say 'body_format: json' or"),
        (
            {"body": [{"token": "5ecret"}], "body_format": "form-urlencoded"},
            "'body': it cannot be written as form-urlencoded",
        ),
        ({"body": {"5ecret": float("nan")}, "body_format": "json"}, "cannot be written as json"),
    ],
)
def test_uri_says_what_no_body_can_be_made_of_but_not_the_body(said, problem):
    (found,) = MODULES["uri"].problems({"url": "http://a/", **said})

    assert problem in found
    assert "5ecret" not in found


def test_wait_for_a_port(web_server):
    there, gone = {"port": web_server}, {"port": 1, "state": "stopped"}
    not_there = {"port": 1, "timeout": 0}

    assert used("wait_for", there).status is Status.OK
    assert used("wait_for", gone).status is Status.OK
    outcome = used("wait_for", not_there)
    assert outcome.status is Status.FAILED
    assert "refused" in outcome.message


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({}, None),
        ({"state": "present"}, None),
        ({"search_regex": "^server [rs]eady$"}, None),
        ({"search_regex": "^ready"}, "nothing fits there"),
        ({"state": "absent"}, "it is still there"),
    ],
)
def test_wait_for_a_path(tmp_path, said, seen):
    log = tmp_path / "log"
    log.write_text("begin\nserver ready\n")
    outcome = used("wait_for", {"path": str(log), "timeout": 0, **said})

    assert outcome.status is (Status.FAILED if seen else Status.OK)
    assert seen is None or outcome.message == f"{log}: {seen}"


def test_wait_for_a_path_that_is_not_there(tmp_path):
    args = {"path": str(tmp_path / "pid"), "timeout": 0}

    assert used("wait_for", {**args, "state": "absent"}).status is Status.OK
    outcome = used("wait_for", {**args, "msg": "the service did not begin"})
    assert outcome.status is Status.FAILED
    assert outcome.message == "the service did not begin"
    assert "No such file" in outcome.result["stderr"]


def test_wait_for_looks_at_the_end_of_a_long_file_from_the_begin_of_a_line(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"\n" * (1 << 24) + b"server up\n")
    args = {"path": str(log), "timeout": 0}

    assert used("wait_for", {**args, "search_regex": "^server up$"}).status is Status.OK
    log.write_bytes(b"y" * 8 + b"ready" + b"\n" * ((1 << 24) - 5))
    assert used("wait_for", {**args, "search_regex": "^ready"}).status is Status.FAILED


def test_wait_for_does_not_hang_on_a_fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    outcome = used("wait_for", {"path": str(tmp_path / "fifo"), "search_regex": "x", "timeout": 0})

    assert outcome.message.endswith("nothing fits there")


def test_wait_for_what_a_port_says(greeting_server):
    args = {"port": greeting_server, "search_regex": "^220 .*ESMTP", "timeout": 5}

    assert used("wait_for", args).status is Status.OK
    outcome = used("wait_for", {**args, "search_regex": "^550", "timeout": 0})
    assert outcome.message.endswith("nothing fits there")


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({}, "say one of 'port' and 'path'"),
        ({"port": 1, "path": "/x"}, "say one of 'port' and 'path'"),
        ({"path": "/x", "search_regex": "("}, "'search_regex': '(' is no regular expression"),
        ({"path": "/x", "search_regex": "a", "state": "absent"}, "nothing is there"),
    ],
)
def test_wait_for_says_what_does_not_go_together(args, problem):
    (found,) = MODULES["wait_for"].problems(args)

    assert problem in found
