"""`uri`: an HTTP answer as seen from the server."""

import base64
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Prediction, Status, Verdict
from orchestrator.playbooks.arguments import (
    Kind,
    Parameter,
    Parameters,
    WrongArgument,
    is_template,
)
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.playbooks.modules.python_program import python_request
from orchestrator.transport import Done, Request

_PROGRAM = """
import json, ssl, sys, urllib.error, urllib.request
url, method, timeout, limit, verify = sys.argv[1:]
context = ssl.create_default_context()
if verify == "False":
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *about):
        return None
handlers = [Stay, urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
said = json.loads(sys.stdin.read())
body = None if said["body"] is None else said["body"].encode()
request = urllib.request.Request(url, data=body, method=method, headers=said["headers"])
try:
    try:
        answer = urllib.request.build_opener(*handlers).open(request, timeout=float(timeout))
    except urllib.error.HTTPError as error:
        answer = error
    content = answer.read(int(limit)).decode("utf-8", "replace")
except Exception as error:
    sys.exit(str(getattr(error, "reason", error)))
print(json.dumps({"status": answer.getcode(), "content": content}))
"""
_CONTENT_LIMIT = 16384
RAW, JSON, FORM = "raw", "json", "form-urlencoded"
_TYPES: Mapping[str, str] = {JSON: "application/json", FORM: "application/x-www-form-urlencoded"}


class Uri(Module):
    name = "uri"
    summary = "Asks an HTTP server, from the managed server; fails on another status than expected."
    mutates = True  # a POST may, and running a program takes a reign
    parameters: ClassVar[Parameters] = {
        "url": Parameter(kind=Kind.TEXT, summary="http:// or https://", required=True),
        "method": Parameter(
            kind=Kind.TEXT,
            summary="HTTP method",
            default="GET",
            choices=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        ),
        "headers": Parameter(kind=Kind.MAPPING, summary="request headers"),
        "body": Parameter(
            kind=Kind.ANY,
            summary="what is sent, a text as it is; never on a command line; say `no_log: true` "
            "where it holds a secret",
        ),
        "body_format": Parameter(
            kind=Kind.TEXT,
            summary="how a `body` that is no text is written; says the `Content-Type`, where "
            "`headers` do not",
            default=RAW,
            choices=(RAW, JSON, FORM),
        ),
        "return_content": Parameter(
            kind=Kind.YES_NO,
            summary="keep `content`, which is always kept of an answer that was not expected",
            default=False,
        ),
        "url_username": Parameter(kind=Kind.TEXT, summary="name for basic authentication"),
        "url_password": Parameter(
            kind=Kind.TEXT, summary="password for basic authentication", secret=True
        ),
        "status_code": Parameter(
            kind=Kind.NUMBERS,
            summary="what is expected; redirects are not followed",
            default=(200,),
        ),
        "timeout": Parameter(kind=Kind.SECONDS, summary="for the answer", default=30.0),
        "validate_certs": Parameter(
            kind=Kind.YES_NO, summary="check the server's certificate", default=True
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "status": "HTTP status",
        "content": f"the first {_CONTENT_LIMIT} bytes as text",
    }

    foretold = "nothing but that it asks; what is answered shows when it does"
    undone = "none; what a server did with the request only that one knows"

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        body, how = args.get("body"), args.get("body_format", RAW)
        if is_template(body) or is_template(how) or how not in (RAW, JSON, FORM):
            return found
        try:
            _written(body, how)
        except ValueError as error:
            return (*found, WrongArgument("body", f"'body': {error}"))
        return found

    def check(self, call: Call) -> Prediction:
        verdict = Verdict.NOTHING if self.may_repeat(call) else Verdict.UNKNOWN
        return Prediction(verdict=verdict, message="the answer shows when it asks")

    def may_repeat(self, call: Call) -> bool:
        return call.args["method"] in ("GET", "HEAD")

    def touches(self, call: Call) -> frozenset[str] | None:
        return frozenset() if self.may_repeat(call) else None

    def ask(self, call: Call) -> Request | Outcome:
        if not call.args["url"].startswith(("http://", "https://")):
            return failed(f"'url': {call.args['url']!r} begins with neither http:// nor https://")
        timeout = min(call.args["timeout"], max(call.deadline_s - 2.0, 0.5))
        headers = _headers(call)
        words = [
            call.args["url"],
            call.args["method"],
            timeout,
            _CONTENT_LIMIT,
            call.args["validate_certs"],
        ]
        body = _written(call.args["body"], call.args["body_format"])
        said = json.dumps({"headers": headers, "body": body})
        return python_request(_PROGRAM, words, call.deadline_s, stdin=said)

    def conclude(self, call: Call, done: Done) -> Outcome:
        args = call.args
        if done.data.get("rc") != 0:
            return failed(f"{args['url']}: {str(done.data.get('stderr', '')).strip()}")
        answer = json.loads(str(done.data["stdout"]))
        result = {"status": answer["status"], "content": answer["content"]}
        wanted = set(args["status_code"])
        message = f"{args['url']} answered {answer['status']}"
        if answer["status"] in wanted:
            if not args["return_content"]:
                del result["content"]
            return Outcome(status=Status.OK, message=message, result=result)
        return failed(f"{message}, expected {', '.join(map(str, sorted(wanted)))}", result)


def _headers(call: Call) -> dict[str, str]:
    headers = {str(name): str(value) for name, value in (call.args["headers"] or {}).items()}
    content_type = _TYPES.get(call.args["body_format"])
    if content_type and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = content_type
    if call.args["url_username"] is not None:
        login = f"{call.args['url_username']}:{call.args['url_password'] or ''}"
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    return headers


def _written(body: Any, how: str) -> str | None:
    """The body as it is sent. Raises ValueError, which never tells the body: it may be secret."""
    if body is None or isinstance(body, str):
        return body
    try:
        if how == JSON:
            return json.dumps(body, allow_nan=False)
        if how == FORM:
            return urllib.parse.urlencode(body, doseq=True)
    except (TypeError, ValueError):
        raise ValueError(f"it cannot be written as {how}") from None
    if isinstance(body, int | float) and not isinstance(body, bool):
        return str(body)
    raise ValueError(f"it is no text; say 'body_format: {JSON}' or '{FORM}'")
