"""The helper must run on Python 3.6, which is what RHEL 8 has."""

import subprocess
import sys
from pathlib import Path

import remote_helpers

VERMIN = Path(sys.executable).with_name("vermin")
FOLDER = Path(remote_helpers.__file__).parent


def test_python_3_6_is_enough():
    done = subprocess.run(
        [VERMIN, "-t=3.6-", "--violations", "--no-tips", str(FOLDER)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
