"""The one place that reads the wall clock; everything else is told what time it is."""

import time
from datetime import UTC, date, datetime


def now() -> float:
    """Epoch seconds."""
    return time.time()


def utc_now() -> datetime:
    """The same as an aware UTC time."""
    return datetime.fromtimestamp(now(), UTC)


def today() -> date:
    """The UTC calendar day: good enough to say that targets are years old, never for a period."""
    return utc_now().date()
