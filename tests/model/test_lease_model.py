"""The lease protocol explored to exhaustion in small bounds; every planted bug has a trace."""

import pytest

from tests.model.mc import VARIANTS, Variant, explore

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("spin")]


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.model_big] if one.big else [])
        for one in VARIANTS
    ],
)
def test_variant(variant: Variant, request: pytest.FixtureRequest):
    if variant.big and "model_big" not in str(request.config.getoption("-m")):
        pytest.skip("minutes and gigabytes: make model-big")
    found = explore(variant, seconds=1800 if variant.big else 170)
    print(f"{variant.name}: {found}")
    assert (found.errors > 0) is variant.violated
    if not variant.violated:
        assert found.complete
