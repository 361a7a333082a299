"""`10m`, `2-4`, `02:00-04:00` to numbers and back."""

import re

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
LONGEST_S = 366 * 86400.0
SHARE = re.compile(r"(100|[1-9]?[0-9](?:\.[0-9]+)?)\s*%")
COUNT = re.compile(r"([0-9]{1,6})(?:(-)([0-9]{1,6})|(\+))?")
WINDOW = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


def duration(value: object) -> float:
    """Seconds. Raises ValueError with what is wrong."""
    if not isinstance(value, str) or not DURATION.fullmatch(value):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number or re.fullmatch(r"[0-9.]+", str(value)):
            raise ValueError(f"a time needs a unit; write {value}s, or {value}m for minutes")
        raise ValueError(f"{value!r} is not a time; write 500ms, 1s, 10m, 2h or 1m30s")
    # In thousandths: 0.1 + 0.2 must not become 0.30000000000000004 seconds.
    milliseconds = sum(float(n) * UNITS[unit] * 1000 for n, unit in PART.findall(value))
    seconds = round(milliseconds) / 1000
    if seconds > LONGEST_S:
        raise ValueError(f"{value} is longer than a year")
    return seconds


def positive_duration(value: object) -> float:
    seconds = duration(value)
    if seconds <= 0:
        raise ValueError("must be longer than 0s")
    return seconds


def show_duration(seconds: float) -> str:
    """The shortest form that `duration` reads back as the same time."""
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        return "0s"
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    return f"{milliseconds / 1000:.3f}".rstrip("0") + "s"


def count(value: object) -> tuple[int, int | None]:
    """`2`, `2-4`, `2+` to bounds; None: no upper bound."""
    match = None if isinstance(value, bool) else COUNT.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a number of processes; write 2, 2-4 or 2+")
    low = int(match[1])
    if low < 1:
        raise ValueError("at least one process is wanted; write 1 or more")
    if match[4]:
        return low, None
    high = int(match[3]) if match[2] else low
    if high < low:
        raise ValueError(f"{value} ends before it begins; write {high}-{low}")
    return low, high


def window(value: object) -> tuple[int, int]:
    """Minutes of the day, from and to; may span midnight."""
    match = WINDOW.fullmatch(value) if isinstance(value, str) else None
    hours = [int(part) for part in match.groups()] if match else [24]
    if match is None or max(hours[0], hours[2]) > 23 or max(hours[1], hours[3]) > 59:
        raise ValueError(f'{value!r} is not a time of the day; write "02:00-04:00"')
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if begin == end:
        raise ValueError(f"{value} is empty; leave it away for any time")
    return begin, end


def share(value: object) -> float:
    """`50%` to 0.5."""
    match = SHARE.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0.0:
        raise ValueError(f"{value!r} is not a share; write more than 0% and at most 100%")
    return float(match[1]) / 100
