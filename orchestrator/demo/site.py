"""The demo's service: answers every HTTP request with the name of the server it runs on.

A stand-in for a site's own application: it knows nothing of HA_SYS, and uses nothing but Python.
"""

import argparse
import os
import socket
import socketserver


class Handler(socketserver.StreamRequestHandler):
    """One request a connection."""

    timeout = 5

    def handle(self) -> None:
        try:
            while self.rfile.readline(65536).strip():
                pass
            body = os.environ.get("DEMO_SERVER", socket.gethostname()).encode() + b"\n"
            head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
            self.wfile.write(head.encode() + b"\r\nConnection: close\r\n\r\n" + body)
        except OSError:
            pass  # the client went away


class Site(socketserver.ThreadingTCPServer):
    """A connection that waits for nothing holds up no other one."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="0.0.0.0", help="where to listen")  # noqa: S104
    parser.add_argument("--port", type=int, default=80)
    options = parser.parse_args()
    with Site((options.address, options.port), Handler) as site:
        site.serve_forever()


if __name__ == "__main__":
    main()
