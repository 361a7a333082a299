"""What an unquoted YAML scalar means: a small, predictable part of YAML 1.2.

PyYAML follows YAML 1.1, where `no` is False, `22:22` is 1342 and `010` is 8. Here only `true` and
`false` are booleans, only decimal numbers are numbers, and whatever else is a string.
"""

import math
import re
from collections.abc import Mapping

from orchestrator.config.yaml_nodes import Value

# In YAML 1.2's core schema each of these may also be capitalised or in capitals.
WORDS: Mapping[str, Value] = {
    form: value
    for word, value in (("true", True), ("false", False), ("null", None))
    for form in (word, word.capitalize(), word.upper())
} | {"": None, "~": None}

# A leading zero is left to strings: 0644 is a file mode to one reader and 644 to another.
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
LONGEST_NUMBER = 40
"""Longer runs of digits are serial numbers, and Python refuses to read very long ones."""


def resolve(text: str) -> Value:
    if text in WORDS:
        return WORDS[text]
    if len(text) > LONGEST_NUMBER or text[-1] not in "0123456789.":
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        number = float(text)
        # A digest such as 12e4567 reads as a number without end: it is none.
        return number if math.isfinite(number) else text
    return text
