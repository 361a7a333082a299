"""Settings that cannot work are refused whole, with what is wrong."""

from typing import Any

import pytest

from remote_helpers.guarding.settings import parse
from remote_helpers.operation import OperationError
from tests.guarding.plain_settings import plain

LINK = {"name": "hb", "mine": "10.0.0.1", "theirs": "10.0.0.1", "port": 7410}


def test_settings_are_taken():
    found = parse(plain(resources=[[{"name": "a", "type": "ip", "spec": {}}], []]))

    assert (found.group, found.terms.budget, len(found.flat)) == ("group", 1.0, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peer": "alpha"}, "two names"),
        ({"budget": 3.0}, "shorter than the lease"),
        ({"keys": []}, "one or two"),
        ({"keys": ["00"]}, "at least 16 bytes"),
        ({"keys": ["xyz"]}, "non-hexadecimal"),
        ({"links": [LINK]}, "to itself"),
        ({"links": [{}]}, "name"),
        ({"reset": "sometimes"}, "sometimes"),
        ({"reset": "device"}, "watchdog_device"),
        ({"error": 1.0}, "out of range"),
        ({"lease": "long"}, "long"),
        ({"resources": [[{"type": "ip"}]]}, "name"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], said: str):
    with pytest.raises(OperationError, match=said) as refused:
        parse(plain(**changes))

    assert refused.value.kind == "bad-request"
