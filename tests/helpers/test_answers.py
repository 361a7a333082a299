"""Started means that it answers: real sockets, a real HTTP server."""

import http.server
import socket
import threading

import pytest

from remote_helpers import answers
from remote_helpers.operation import OperationError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({"/good": 200, "/moved": 302, "/bad": 503}[self.path])
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def deaf():
    """Listens, takes the connection, never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_web_service_answers(web):
    assert answers.ask(f"http://{web}/good", 2) is None
    assert answers.ask(f"http://{web}/moved", 2) is None
    assert answers.ask(f"tcp://{web}", 2) is None


def test_an_error_is_no_answer(web):
    assert answers.ask(f"http://{web}/bad", 2) == f"http://{web}/bad answers 503"


def test_a_closed_port_is_no_answer():
    port = free_port()

    said = answers.ask(f"tcp://127.0.0.1:{port}", 2)

    assert said == f"nothing answers at tcp://127.0.0.1:{port}: Connection refused"


def test_a_service_that_hangs_is_no_answer(deaf):
    assert answers.ask(f"tcp://{deaf}", 2) is None
    assert answers.ask(f"http://{deaf}/", 0.1) == (
        f"nothing answers at http://{deaf}/: no answer in time"
    )


def test_what_is_no_url_is_our_mistake():
    with pytest.raises(OperationError, match="neither tcp"):
        answers.ask("ftp://127.0.0.1/", 1)
