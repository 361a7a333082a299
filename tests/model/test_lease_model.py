"""The lease protocol explored to exhaustion in small bounds; every planted bug has a trace."""

import os
import shutil

import pytest

from tests.model.mc import VARIANTS, Variant, explore

pytestmark = pytest.mark.model


def _needs_spin() -> None:
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} missing: apt-get install spin gcc")
    if missing:
        pytest.skip(f"THE MODEL WAS NOT CHECKED: {' and '.join(missing)} missing")


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.model_big] if one.big else [])
        for one in VARIANTS
    ],
)
def test_variant(variant: Variant, request: pytest.FixtureRequest):
    _needs_spin()
    if variant.big and "model_big" not in str(request.config.getoption("-m")):
        pytest.skip("minutes and gigabytes: make model-big")
    found = explore(variant, seconds=1800 if variant.big else 170)
    print(f"{variant.name}: {found}")
    assert (found.errors > 0) is variant.violated
    if not variant.violated:
        assert found.complete
