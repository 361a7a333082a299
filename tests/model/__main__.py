"""`python -m tests.model [NAME]...`: bounds, states and unreached code of each variant."""

import sys
import time

from tests.model.mc import VARIANTS, explore

for one in VARIANTS:
    if one.name in sys.argv[1:] or (len(sys.argv) == 1 and not one.big):
        since = time.monotonic()
        found = explore(one, seconds=1800, memory_mb=9000)
        said = "as it must" if (found.errors > 0) is one.violated else "WRONG"
        print(f"{one.name:<40} {found} {time.monotonic() - since:.1f} s {said}", flush=True)
