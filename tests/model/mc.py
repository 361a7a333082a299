"""Builds and runs one variant of lease.pml with Spin; `python -m tests.model.mc NAME` prints it."""

import dataclasses
import re
import subprocess
import tempfile
from pathlib import Path

MODEL = Path(__file__).with_name("lease.pml")


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    flags: str
    violated: bool
    exact: bool = True
    """False: Spin's hash compaction, for the big ones; a very small chance of a missed state."""
    big: bool = False
    """Minutes and gigabytes: only by `-m model_big`."""


@dataclasses.dataclass(frozen=True)
class Found:
    errors: int
    states: int
    complete: bool
    depth: int
    unreached: int


def explore(variant: Variant, *, seconds: int = 120, memory_mb: int = 3000) -> Found:
    """Breadth first, so that a trace found is a shortest one."""
    with tempfile.TemporaryDirectory() as where:
        defines = variant.flags.split()
        (Path(where) / "lease.pml").write_text(MODEL.read_text())
        _run(["spin", *defines, "-a", "lease.pml"], where, seconds)
        search = ["-DBFS", "-DCOLLAPSE"] if variant.exact else ["-DNOBFS", "-DHC4"]
        options = ["-O1", "-w", "-DSAFETY", *search, "-DVECTORSZ=2048", f"-DMEMLIM={memory_mb}"]
        _run(["gcc", *options, "-o", "pan", "pan.c"], where, seconds)
        text = _run(["./pan", "-m200000"], where, seconds)
    return Found(
        errors=int(_number(r"errors: (\d+)", text)),
        states=int(float(_number(r"([\d.e+]+) states, stored", text))),
        complete="Search not completed" not in text,
        depth=int(_number(r"depth reached (\d+)", text)),
        unreached=len(re.findall(r"lease\.pml:\d+, state \d+", text)),
    )


def _run(argv: list[str], where: str, seconds: int) -> str:
    done = subprocess.run(
        argv, cwd=where, timeout=seconds, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1) or (argv[0] == "gcc" and done.returncode):
        raise AssertionError(f"{argv[0]}: {done.stdout[-800:]}{done.stderr[-800:]}")
    return done.stdout


def _number(pattern: str, text: str) -> str:
    found = re.findall(pattern, text)
    if not found:
        raise AssertionError(f"no {pattern} in:\n{text[-800:]}")
    return str(found[-1])


SMALL = "-DNOSOLO -DSREB=1 -DCREB=1"
TWO = "-DNC=2 -DNOSOLO -DEM=2 -DSREB=0 -DCREB=0"
VARIANTS = (
    # the rules
    Variant("rules", f"{SMALL} -DEM=2", violated=False),
    Variant("rules-solo", "-DEM=2 -DSREB=1 -DCREB=0", violated=False),
    Variant("rules-two-controllers", TWO, violated=False),
    Variant("rules-two-controllers-standby-first", f"{TWO} -DFIX_ORDER", violated=False),
    Variant("rules-guard-killed-reset", f"{SMALL} -DEM=2 -DGUARDCRASH -DRESET", violated=False),
    Variant("rules-slow-clock-margin", f"{SMALL} -DEM=2 -DDRIFT -DMARGIN=1", violated=False),
    Variant("rules-queued-step-gate", f"{SMALL} -DEM=2 -DV_HELPERQ -DFIX_GATE", violated=False),
    Variant("rules-noted-before", f"{SMALL} -DEM=2 -DTWOSTEP -DFIX_RECBEFORE", violated=False),
    Variant("rules-resume", "-DNOSOLO -DEM=3 -DSREB=0 -DCREB=1 -DRESUME", violated=False),
    # what the rules allow can happen at all
    Variant("reachable-standby-promoted", f"{SMALL} -DEM=2 -DPROBE_B2", violated=True),
    Variant("reachable-back-again", f"{SMALL} -DEM=3 -DPROBE_A3", violated=True),
    Variant("reachable-second-controller", f"{TWO} -DPROBE_C2", violated=True),
    Variant("reachable-resumed", f"{SMALL} -DEM=3 -DRESUME -DPROBE_RESUMED", violated=True),
    # planted bugs, by their numbers in safety.md
    Variant("1-late-grant", f"{SMALL} -DM_LATE", violated=True),
    Variant("2-controller-does-not-wait", f"{SMALL} -DM_NOWAIT", violated=True),
    Variant("3-peer-does-not-wait", f"{SMALL} -DM_NOWAIT_B", violated=True),
    Variant("4-no-local-check", f"{SMALL} -DM_NOLOCAL", violated=True),
    Variant("5-guard-forgets", f"{SMALL} -DM_GFRESH", violated=True),
    Variant("6-controller-forgets", f"{SMALL} -DM_CFRESH", violated=True),
    Variant("6b-answers-old-reign", f"{SMALL} -DM_OLDGRANT", violated=True),
    Variant("7-burned-proves-all", f"{SMALL} -DV_LAUNDER", violated=True),
    Variant("7b-not-burned", f"{SMALL} -DM_NOBURN", violated=True),
    Variant("8-undo", f"{SMALL} -DM_UNDO", violated=True),
    Variant("9-confirmation-without-reign", f"{SMALL} -DM_CFMNOEPOCH", violated=True),
    Variant("10-order-is-first-grant", f"{SMALL} -DV_PROMOGRANT", violated=True),
    Variant("10b-dead-reign-resumes", f"{SMALL} -DM_RESUME", violated=True),
    Variant("11-lower-lease-at-once", f"{SMALL} -DV_TCHANGE", violated=True),
    Variant("12-two-guards", f"{SMALL} -DV_TWOGUARDS", violated=True),
    Variant("13-grant-before-reboot", f"{SMALL} -DV_OLDCLOCK -DM_NOEPOCHGRANT", violated=True),
    Variant("14-queued-step-no-gate", f"{SMALL} -DV_HELPERQ", violated=True),
    Variant("15-guard-killed-no-reset", f"{SMALL} -DEM=2 -DGUARDCRASH", violated=True),
    Variant("16-late-demotion", f"{SMALL} -DV_SLOWDEM", violated=True),
    Variant("17-solo-ignored", "-DEM=2 -DSREB=1 -DCREB=1 -DM_SOLOIGN", violated=True),
    Variant("17-solo-volatile", "-DEM=2 -DSREB=0 -DCREB=1 -DM_SOLOVOL", violated=True),
    Variant("17-solo-without-reign", "-DEM=3 -DSREB=0 -DCREB=0 -DV_SOLONOEPOCH", violated=True),
    Variant("17-solo-without-number", "-DEM=2 -DSREB=0 -DCREB=0 -DV_SOLONONUM", violated=True),
    Variant(
        "17-solo-of-superseded",
        "-DNC=2 -DEM=2 -DSREB=0 -DCREB=0 -DV_SOLONOREG",
        violated=True,
    ),
    Variant("18-half-registered", f"{TWO} -DV_HALF", violated=True),
    Variant("18-registration-no-answer", f"{TWO} -DV_REGNOWAIT", violated=True),
    Variant("18-no-registration-check", f"{TWO} -DV_NOREGCHECK", violated=True),
    Variant("19-noted-after-send", f"{SMALL} -DTWOSTEP", violated=True),
    Variant("20-slow-clock-no-margin", f"{SMALL} -DEM=2 -DDRIFT -DMARGIN=0", violated=True),
    # bigger spaces
    Variant("big-rules-e3", f"{SMALL} -DEM=3", violated=False, big=True),
    Variant("big-rules-solo", "-DEM=2 -DSREB=1 -DCREB=1", violated=False, big=True),
    Variant("big-resume", f"{SMALL} -DEM=3 -DRESUME", violated=False, exact=False, big=True),
    Variant("big-T3", f"{SMALL} -DT=3 -DEM=3", violated=False, exact=False, big=True),
    Variant(
        "big-two-controllers-solo",
        "-DNC=2 -DEM=2 -DSREB=0 -DCREB=0",
        violated=False,
        exact=False,
        big=True,
    ),
)
