"""A small Python program run on the server, for modules that need more than a shell has."""

from collections.abc import Sequence

from orchestrator.transport import Request

# The helper runs under some Python of the server; which one its children find is a matter of PATH.
_FIND_PYTHON = """
for python in python3 /usr/libexec/platform-python python3.6 python3.8 python3.9 python3.11 python
do command -v "$python" >/dev/null 2>&1 && exec "$python" -I -c "$@"
done
echo "this server has no Python in its PATH" >&2
exit 127
"""


def python_request(
    program: str, words: Sequence[object], deadline_s: float, stdin: str = ""
) -> Request:
    """Python 3.6, standard library only; `words` arrive as `sys.argv[1:]`, for all to see there.

    What is secret goes by `stdin`.
    """
    argv = ["/bin/sh", "-c", _FIND_PYTHON, "sh", program, *(str(word) for word in words)]
    args = {"argv": argv, **({"stdin": stdin} if stdin else {})}
    return Request(op="run", args=args, deadline_s=deadline_s)
