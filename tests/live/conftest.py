"""Each test gets a lab of its own, made in about a second, and a controller of its own."""

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import Site


@pytest.fixture
def site(fresh_namespaces_lab, tmp_path):
    return Site(fresh_namespaces_lab, tmp_path)


@pytest.fixture
def web(site):
    """The group with `hasys run` looking after it."""
    looked_after = LookedAfter(site)
    with looked_after.daemon():
        yield looked_after
