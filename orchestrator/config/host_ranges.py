"""`web[01:20]`, `db-[a:c]` and `web1:2222` to host names, as Ansible reads them."""

import dataclasses
import itertools
import re
import string

MOST_HOSTS = 10_000
RANGE = re.compile(r"\[([^\[\]:]*):([^\[\]:]*)(?::([^\[\]:]*))?\]")
PORT = re.compile(r"(?P<name>[^:]+|.*\]):(?P<port>[0-9]{1,5})")
NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,62})")


@dataclasses.dataclass(frozen=True, slots=True)
class Hosts:
    names: tuple[str, ...]
    port: int | None = None


def expand(pattern: str) -> Hosts:
    """Raises ValueError with what is wrong with the pattern."""
    port = None
    outside = RANGE.sub("x", pattern)
    if match := PORT.fullmatch(outside):
        port = int(match["port"])
        pattern = pattern[: -len(match["port"]) - 1]
    parts = RANGE.split(pattern)
    # RANGE has three groups: text, begin, end, step, text, begin, end, step, ..., text.
    texts = parts[0::4]
    ranges = [_range(*bounds) for bounds in zip(parts[1::4], parts[2::4], parts[3::4], strict=True)]
    count = 1
    for values in ranges:
        count *= len(values)
    if count > MOST_HOSTS:
        raise ValueError(f"stands for {count:,} hosts; {MOST_HOSTS:,} is the most")
    names = []
    for chosen in itertools.product(*ranges):
        name = texts[0] + "".join(v + text for v, text in zip(chosen, texts[1:], strict=True))
        if not NAME.fullmatch(name):
            raise ValueError(
                "is not a host name; letters, digits, dots, hyphens and underscores, 63 at most,"
                " and ranges such as web[01:20]"
            )
        names.append(name)
    return Hosts(tuple(names), port)


def _range(begin: str, end: str, step_text: str | None) -> list[str]:
    shown = f"[{begin}:{end}]"
    if step_text and not _is_number(step_text):
        raise ValueError(f"the step of a range is a number, not {step_text!r}")
    step = int(step_text or "1")
    if step < 1:
        raise ValueError("the step of a range is at least 1")
    if _is_number(end) and (not begin or _is_number(begin)):
        return _numbers(begin or "0", end, step, shown)
    if len(begin) == 1 and len(end) == 1 and (begin + end).isalpha() and (begin + end).isascii():
        letters = string.ascii_letters
        first, last = letters.index(begin), letters.index(end)
        if first > last:
            raise ValueError(f"the range {shown} ends before it begins")
        return list(letters[first : last + 1 : step])
    raise ValueError(f"the range {shown} needs two numbers or two letters")


def _numbers(begin: str, end: str, step: int, shown: str) -> list[str]:
    padded = len(begin) > 1 and begin.startswith("0")
    if padded and len(begin) != len(end):
        raise ValueError(f"with leading zeros both ends of {shown} have the same length")
    first, last = int(begin), int(end)
    if first > last:
        raise ValueError(f"the range {shown} ends before it begins")
    if (last - first) // step >= MOST_HOSTS:
        raise ValueError(f"the range {shown} stands for more than {MOST_HOSTS:,} hosts")
    width = len(begin) if padded else 0
    return [str(number).zfill(width) for number in range(first, last + 1, step)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
