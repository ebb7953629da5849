"""Scales, statistics and number formats of the report, against values worked out by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest

from embedded.report import charts as charts
from embedded.report import text as text
from embedded.report import weeks as weeks
from embedded.report.data import Mood


def test_a_scale_maps_its_ends_and_what_lies_between() -> None:
    scale = charts.Scale(-1, 1, 300, 100)
    assert [scale(-1), scale(0), scale(1)] == [300, 200, 100]


def test_a_scale_without_extent_maps_to_the_middle() -> None:
    assert charts.Scale(5, 5, 0, 80)(5) == 40


@pytest.mark.parametrize(
    ("low", "high", "about", "expected"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (262_000, 1_130_000, 4, [250_000, 500_000, 750_000, 1_000_000, 1_250_000]),
        (-0.31, 0.12, 5, [-0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2]),
        (0.3, 0.3, 5, [0.26, 0.28, 0.3, 0.32, 0.34]),
        (0, 0, 4, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round_and_enclose_the_values(
    low: float, high: float, about: int, expected: list[float]
) -> None:
    found = charts.ticks(low, high, about)
    assert found == pytest.approx(expected)
    assert found[0] <= low and high <= found[-1]


def test_areas_are_proportional_to_counts() -> None:
    factor = charts.area_factor([100, 1, 4, 25, 0], largest=20, typical=99)
    radii = [charts.radius(count, factor) for count in (0, 1, 4, 25, 100)]
    assert radii == pytest.approx([0, 2, 4, 10, 20])


def test_even_counts_do_not_all_get_the_largest_dot() -> None:
    factor = charts.area_factor([12] * 300, largest=20, typical=6)
    assert charts.radius(12, factor) == pytest.approx(6)


def test_no_counts_no_areas() -> None:
    assert charts.area_factor([], 20, 6) == 0 == charts.area_factor([0, 0], 20, 6)
    assert charts.radius(0, 0) == 0


@pytest.mark.parametrize(
    ("most", "expected"), [(0, []), (1, [1]), (7, [1, 5]), (83, [2, 10, 50]), (340, [10, 50, 200])]
)
def test_size_examples_are_round_and_not_above_the_greatest(most: int, expected: list[int]) -> None:
    assert charts.size_examples(most) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1.0, -4), (-0.36, -4), (-0.34, -3), (-0.051, -1), (-0.049, 0), (0.0, 0), (0.4, 4), (1.0, 4)],
)  # fmt: skip
def test_colour_classes_are_symmetric_around_0_and_end_at_4(value: float, expected: int) -> None:
    assert charts.mood_class(value, 0.1) == expected
    assert charts.mood_class(-value, 0.1) == -expected


def test_no_sentiment_has_no_colour() -> None:
    assert charts.mood_class(None, 0.1) is None


def test_colour_steps_grow_with_the_moods() -> None:
    assert charts.mood_step([]) == 0.1 == charts.mood_step([(0.3, 0)])
    assert charts.mood_step([(0.02, 9), (-0.2, 9)]) == 0.05
    assert charts.mood_step([(0.44, 9), (-0.1, 9), (0.2, 9)]) == 0.1
    assert charts.mood_step([(-1.0, 9), (1.0, 9)]) == 0.25
    assert charts.mood_step([(0.1, 99), (1.0, 1)]) == 0.05  # a lone tweet does not make the rest pale


def test_pearson_of_known_pairs() -> None:
    # Anscombe's first set: r = 0.81642.
    xs = (10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5)
    ys = (8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68)
    assert charts.pearson(list(zip(xs, ys, strict=True))) == pytest.approx(0.81642, abs=1e-5)
    assert charts.pearson([(1, 3), (2, 2), (3, 1)]) == pytest.approx(-1)


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(1, 2), (2, 1)], [(1, 5), (2, 5), (3, 5)]])
def test_pearson_is_not_defined_without_spread(pairs: list[tuple[float, float]]) -> None:
    assert charts.pearson(pairs) is None


def test_weighted_mean() -> None:
    assert charts.weighted_mean([(1.0, 3), (-1.0, 1), (9.0, 0)]) == 0.5
    assert charts.weighted_mean([]) is None is charts.weighted_mean([(1.0, 0)])


def test_scatter_keeps_points_and_round_ticks_inside_its_frame() -> None:
    axes, points = charts.scatter([(0, 300_000, -0.2, 4), (1, 700_000, 0.2, 16)])
    assert [value for value, _ in axes.x_ticks] == [300_000, 400_000, 500_000, 600_000, 700_000]
    assert all(axes.left <= x <= axes.right for _, x in axes.x_ticks)
    big, small = points
    assert (big.index, small.index) == (1, 0)
    assert axes.left < small.x < big.x < axes.right and axes.top < big.y < small.y < axes.bottom
    assert [big.x, small.x] == pytest.approx([axes.x_ticks[-1][1], axes.x_ticks[0][1]])
    assert math.isclose(big.r, 2 * small.r)


def test_scatter_of_nothing_still_has_axes() -> None:
    axes, points = charts.scatter([])
    assert points == [] and len(axes.x_ticks) > 2


MOODS = [
    Mood("2026-W45", 1.0, 10, 0.2), Mood("2026-W45", 2.5, 30, -0.2),
    Mood("2026-W46", 1.0, 10, 0.4), Mood("2026-W46", 1.5, 30, 0.0), Mood("2026-W46", 9.0, 0, 0.9),
]  # fmt: skip


def test_zones_are_joined_and_weighted_by_tweets() -> None:
    found = {
        (mood.name, mood.run): (mood.tweets, round(mood.sentiment, 9)) for mood in weeks.group_moods(MOODS)
    }
    assert found == {
        ("All zones", "2026-W45"): (40, -0.1), ("All zones", "2026-W46"): (40, 0.1),
        ("Zone 1", "2026-W45"): (10, 0.2), ("Zone 1", "2026-W46"): (40, 0.1),
        ("Zone 2", "2026-W45"): (30, -0.2),
    }  # fmt: skip


def test_one_week_is_rows_with_0_on_the_axis() -> None:
    axes, dots = weeks.one_week(weeks.group_moods(MOODS[:2]))
    assert [dot.mood.name for dot in dots] == ["All zones", "Zone 1", "Zone 2"]
    (zero,) = [x for value, x in axes.x_ticks if value == 0]
    assert dots[1].x > zero > dots[0].x > dots[2].x
    assert len({dot.y for dot in dots}) == 3 and all(axes.top < dot.y < axes.bottom for dot in dots)


def test_many_weeks_are_lines_over_true_time() -> None:
    gap = [Mood(run, 1.0, 5, 0.1) for run in ("2026-W40", "2026-W41", "2026-W44")]
    _, lines, shown = weeks.many_weeks(weeks.group_moods(gap))
    assert [line.name for line in lines] == ["All zones", "Zone 1"]
    first, second, third = (x for x, _, _ in lines[0].corners)
    assert (third - second) == pytest.approx(3 * (second - first))
    assert [run for run, _ in shown] == ["2026-W40", "2026-W41", "2026-W44"]


def test_many_weeks_get_few_ticks_and_the_newest_has_one() -> None:
    year = [Mood(f"2026-W{week:02}", 1.0, 5, 0.1) for week in range(1, 54)]
    _, _, shown = weeks.many_weeks(weeks.group_moods(year))
    assert len(shown) <= 5 and shown[-1][0] == "2026-W53"


def test_no_weeks_draw_nothing() -> None:
    assert weeks.group_moods([]) == [] and weeks.one_week([])[1] == []


def test_labels_are_spread_in_their_order() -> None:
    assert weeks.spread([50, 52, 10], 10, 0, 100) == [50, 60, 10]
    assert weeks.spread([98, 99], 10, 0, 100) == [90, 100]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.px(-0.04), "0"), (text.px(12.0), "12"), (text.px(3.14159), "3.1"),
        (text.signed(0.214), "+0.21"), (text.signed(-0.05), "−0.05"), (text.signed(-0.001), "0.00"),
        (text.signed(None), "–"), (text.pounds(612_340.4), "£612,340"), (text.pounds(None), "–"),
        (text.short_pounds(450_000), "£450k"), (text.short_pounds(1_250_000), "£1.25m"),
        (text.short_pounds(1_000_000), "£1m"), (text.short_pounds(0), "£0"),
        (text.count(1, "tweet"), "1 tweet"), (text.count(2310, "tweet"), "2,310 tweets"),
        (text.duration(0.84), "0.8 s"), (text.duration(59.96), "1 min 00 s"),
        (text.duration(125), "2 min 05 s"), (text.duration(None), "–"),
        (text.zone(3.0), "3"), (text.zone(2.5), "2/3"),
        (text.week_name("2026-W46"), "Week 46 of 2026"), (text.week_name("soon"), "soon"),
        (text.days(date(2025, 8, 1), date(2026, 7, 31)), "1 August 2025 to 31 July 2026"),
        (text.days(date(2026, 11, 23), date(2026, 11, 23)), "23 November 2026"),
        (text.week_days("2026-W46"), "9–15 November 2026"),
        (text.week_days("2026-W40"), "28 September – 4 October 2026"),
        (text.week_days("2026-W53"), "28 December 2026 – 3 January 2027"), (text.week_days("2026-W99"), ""),
        (weeks.tick_name("2026-W46"), "9 Nov"),
    ],
)  # fmt: skip
def test_numbers_and_dates_in_words(shown: str, expected: str) -> None:
    assert shown == expected
