"""Parameters of the alarms are said by name; what cannot be is answered with what there is."""

from dataclasses import fields

import pytest

from monitor.backtest.parameters import changed, differences
from monitor.core.alarm import Rules
from monitor.core.stats.cusum import Shift

SHIPPED = Rules()


def test_what_is_said_is_changed_and_nothing_else() -> None:
    """Thresholds, counts and a shift."""
    found = changed(SHIPPED, ["drift_threshold=8", "window_days = 14", "shift=0.1:0.3"])
    assert (found.drift_threshold, found.window_days, found.shift) == (8.0, 14, Shift(0.1, 0.3))
    assert differences(SHIPPED, found) == ["window_days=14", "shift=0.1:0.3", "drift_threshold=8"]
    assert changed(SHIPPED, differences(SHIPPED, found)) == found
    assert changed(SHIPPED, []) == SHIPPED


def test_every_parameter_can_be_said_as_it_is_shown() -> None:
    """None is of a kind that a command line does not know."""
    everything = [
        shown for one in fields(Rules) for shown in differences(changed(SHIPPED, [other(one.name)]), SHIPPED)
    ]
    assert len(everything) == len(fields(Rules))
    assert changed(SHIPPED, everything) == SHIPPED


def other(name: str) -> str:
    """A value that the parameter does not have."""
    shipped = getattr(SHIPPED, name)
    if isinstance(shipped, Shift):
        return f"{name}=0.31:0.62"
    return f"{name}=300" if isinstance(shipped, int) else f"{name}=0.31"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (["drift_treshold=8"], r"'drift_treshold' is no parameter .*did you mean drift_threshold\?.*window_days=28"),
        (["drift_threshold"], "say NAME=VALUE"),
        (["drift_threshold=high"], "'high' is no number; it is drift_threshold=3.93 as shipped"),
        (["drift_threshold=nan"], "is no number"),
        (["period_page_alpha=-1"], "must not be negative"),
        (["window_days=0"], "must be a whole number above 0"),
        (["window_days=2.5"], "must be a whole number above 0"),
        (["shift=0.2"], "two shares of late missions"),
        (["shift=0.4:0.2"], "0 < normal < degraded < 1"),
        (["window_days=7", "window_days=8"], "given twice"),
        (["correlation=0"], "must be above 0 and below 1"),
        (["correlation=1"], "must be above 0 and below 1"),
        (["watch_days=400"], "watch_days=400: must be below baseline_days=365"),
    ],
)
def test_what_cannot_be_is_answered_with_what_can(said: list[str], answer: str) -> None:
    """What is wrong, where, and what is shipped."""
    with pytest.raises(ValueError, match=answer):
        changed(SHIPPED, said)
