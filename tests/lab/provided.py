"""A lab for as long as a test needs it, or a loud reason why there is none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from tests.lab import kinds, programs, registry
from tests.lab.interface import Lab

NOT_RUN = "LAB TESTS NOT RUN"


@contextlib.contextmanager
def lab(kind: str, variant: str = "base") -> Iterator[Lab]:
    """Where labs cannot run, the test is skipped; in continuous integration (CI is set) it fails.

    The lab goes with this process, should that be killed.
    """
    try:
        provided = kinds.up(kind, registry.unique_lab_id(), variant=variant)
    except programs.CannotRun as error:
        if os.environ.get("CI"):
            pytest.fail(f"labs must run in continuous integration: {error}")
        pytest.skip(f"{NOT_RUN}: {error}")
    try:
        yield provided
    finally:
        provided.down()
