"""What is measured at three sites: how long events took, and in which phase partitions stood still."""

import re

from tests.chaos.sites import EXPORTERS, TimedCourse


def test_an_event_is_shown_by_an_exporter_that_has_come_beyond_its_offset() -> None:
    """Each exporter for itself, each event once, in seconds since it was sent."""
    course = TimedCourse(1)
    one, other = EXPORTERS
    for offset, sent in ((0, 10.0), (1, 11.0), (2, 12.0)):
        course.confirmed(5, offset, sent)
    course.shown(one, 5, 2, 15.0)
    course.shown(one, 5, 2, 16.0)
    course.shown(other, 5, 3, 20.0)
    course.shown(other, 4, 9, 20.0)
    assert course.took == {one: [(10.0, 5.0), (11.0, 4.0)], other: [(10.0, 10.0), (11.0, 9.0), (12.0, 8.0)]}
    assert course.ends == {5: 3}


def test_a_stall_belongs_to_the_phase_in_which_it_was_seen() -> None:
    """The longest of all is that of the whole course."""
    course = TimedCourse(1)
    course.begin("calm")
    course.stalls[3] = 2.0
    course.begin("cut off")
    course.stalls[3], course.stalls[4] = 1.0, 7.0
    course.begin("back")
    course.over()
    assert [(phase.name, phase.stall) for phase in course.phases] == [("calm", 2.0), ("cut off", 7.0), ("back", 0.0)]
    assert max(course.stalls.values()) == 7.0


def test_the_table_has_a_row_for_each_phase_and_says_where_nothing_was_measured() -> None:
    """Median, 19 of 20 and the last of what was sent in it."""
    course = TimedCourse(1)
    course.begin("calm")
    began = course.phases[0].began
    course.took[EXPORTERS[0]] = [(began, float(seconds)) for seconds in range(1, 21)]
    course.over()
    (row,) = [line for line in course.table().splitlines() if line.startswith("| calm")]
    assert re.search(r"\| — \| — \| — \| 10\.0 s \| 19\.0 s \| 20\.0 s \| — \| — \| — \| 0\.0 s \|$", row)
