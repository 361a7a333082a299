"""Two kinds of time that must never be mixed: one for durations, one for people."""

import datetime
from typing import NewType

Monotonic = NewType("Monotonic", float)
"""Seconds on this machine's monotonic clock; the difference of two is a duration."""

Utc = NewType("Utc", datetime.datetime)
"""An aware UTC time for logs and people; never subtracted to decide anything."""
