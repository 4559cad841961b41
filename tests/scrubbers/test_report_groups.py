"""The scrub report under its nine headings: nothing is lost, nothing is made up, and facts are typed text."""

from __future__ import annotations

from scrubbers.report_groups import GROUP_OF, Group, grouped, grouped_names
from trusted.jail.stages import Removed, What, Where


def test_every_kind_has_a_heading_and_every_heading_a_kind():
    assert set(GROUP_OF) == set(What)
    assert set(GROUP_OF.values()) == set(Group)


def test_findings_come_in_the_order_of_the_headings_and_none_is_lost():
    found = (
        Removed(What.LINK, Where.PAGES, None),
        Removed(What.DATE, Where.EXIF, "2026:03:14"),
        Removed(What.SERIAL, Where.MAKER_NOTE, None),
        Removed(What.PLACE, Where.EXIF, "60.1, 15.1"),
        Removed(What.PLACE, Where.EXIF, "Ludvika"),
        Removed(What.DEVICE, Where.EXIF, "Maker"),
        Removed(What.PLACE, Where.EXIF, "Ludvika"),
    )

    groups = grouped(found)

    assert [one.group for one in groups] == [Group.PLACE, Group.DEVICE, Group.DATES, Group.OTHER]
    assert groups[0].lines[0].examples == ("60.1, 15.1", "Ludvika")
    assert {(line.what, line.where) for one in groups for line in one.lines} == {(f.what, f.where) for f in found}


def test_a_stored_kind_of_a_newer_scrubber_is_other_and_not_left_out():
    assert grouped_names(["smell", "person", "date", "person"]) == (Group.PEOPLE, Group.DATES, Group.OTHER)
    assert grouped_names([]) == ()


def test_findings_show_nothing_of_themselves():
    (one,) = grouped([Removed(What.PERSON, Where.EXIF, "Anna Andersson")])

    assert "Anna" not in repr(one)
    assert "Anna" not in repr(one.lines[0])
