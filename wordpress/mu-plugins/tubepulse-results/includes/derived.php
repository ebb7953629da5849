<?php
/** Feeds that are computed from other feeds' rows: pure functions, rows in, rows out. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const EXTREMES = 15;
const OUTER_ZONES_FROM = 3;

/**
 * The stations with the best and the worst mood over all weeks, best first: 15 of each, or all where there are
 * fewer. A station with few tweets is at an end by chance, so half of them, those with the fewest, are left out.
 *
 * @param list<array<string, mixed>> $stations station_overview
 * @return list<array{station: string, tweets: int, sentiment: float}>
 */
function mood_extremes(array $stations): array
{
    $rated = array_filter($stations, static fn (array $row): bool => $row['tweets'] > 0 && $row['sentiment'] !== null);
    $enough = median(array_column($rated, 'tweets'));
    $rated = array_filter($rated, static fn (array $row): bool => $row['tweets'] >= $enough);
    usort(
        $rated,
        static fn (array $a, array $b): int => [$b['sentiment'], $a['station']] <=> [$a['sentiment'], $b['station']],
    );
    if (count($rated) > 2 * EXTREMES) {
        array_splice($rated, EXTREMES, count($rated) - 2 * EXTREMES);
    }
    return array_map(static fn (array $row): array => [
        'station' => $row['station'],
        'tweets' => $row['tweets'],
        'sentiment' => $row['sentiment'],
    ], $rated);
}

/**
 * Each zone's mood over all weeks, every tweet with the same weight.
 *
 * @param list<array<string, mixed>> $weeks mood_by_week
 * @return list<array{zone: float, tweets: int, sentiment: float}>
 */
function mood_by_zone(array $weeks): array
{
    $zones = [];
    foreach (grouped($weeks, 'zone') as $rows) {
        $zones[] = [
            'zone' => $rows[0]['zone'],
            'tweets' => array_sum(array_column($rows, 'tweets')),
            'sentiment' => weighted_mood($rows),
        ];
    }
    usort($zones, static fn (array $a, array $b): int => $a['zone'] <=> $b['zone']);
    return $zones;
}

/**
 * Each week's mood in all London and in its two halves; a half without tweets has none. Zone 2.5 is in both
 * zones 2 and 3, and counts as inner.
 *
 * @param list<array<string, mixed>> $weeks mood_by_week
 * @return list<array{week: string, all_london: ?float, inner_zones: ?float, outer_zones: ?float}>
 */
function mood_by_week_series(array $weeks): array
{
    $series = [];
    foreach (grouped($weeks, 'run') as $rows) {
        $inner = array_filter($rows, static fn (array $row): bool => $row['zone'] < OUTER_ZONES_FROM);
        $outer = array_filter($rows, static fn (array $row): bool => $row['zone'] >= OUTER_ZONES_FROM);
        $series[] = [
            'week' => $rows[0]['run'],
            'all_london' => weighted_mood($rows),
            'inner_zones' => weighted_mood($inner),
            'outer_zones' => weighted_mood($outer),
        ];
    }
    usort($series, static fn (array $a, array $b): int => $a['week'] <=> $b['week']);
    return $series;
}

/** The middle one of the numbers, or the mean of the two in the middle; 0 of none. */
function median(array $numbers): float
{
    if ($numbers === []) {
        return 0;
    }
    sort($numbers);
    $middle = intdiv(count($numbers), 2);
    return count($numbers) % 2 ? $numbers[$middle] : ($numbers[$middle - 1] + $numbers[$middle]) / 2;
}

/** @return array<string, non-empty-list<array<string, mixed>>> rows by a column's value */
function grouped(array $rows, string $column): array
{
    $groups = [];
    foreach ($rows as $row) {
        $groups[(string) $row[$column]][] = $row; // a float as a key would lose its fraction
    }
    return $groups;
}

function weighted_mood(array $rows): ?float
{
    $sum = 0.0;
    $tweets = 0;
    foreach ($rows as $row) {
        $sum += $row['tweets'] * $row['sentiment'];
        $tweets += $row['tweets'];
    }
    return $tweets > 0 ? $sum / $tweets : null;
}
