<?php
/** The named charts: each draws columns of a table as they are, so that ours and wpDataTables' show the same. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

final class Chart
{
    /**
     * @param string $table its name in tables()
     * @param 'bar'|'scatter'|'line' $type bars lie: their names are on the left
     * @param string $x the column of the bars' names, of the weeks, or of the dots' first coordinate
     * @param list<string> $series columns of numbers
     */
    public function __construct(
        public readonly string $name,
        public readonly string $title,
        public readonly string $table,
        public readonly string $type,
        public readonly string $x,
        public readonly array $series,
        public readonly string $x_title,
        public readonly string $y_title,
    ) {
    }
}

/** @return array<string, Chart> */
function charts(): array
{
    $mood = 'Mean mood (−1 to +1)';
    $charts = [
        new Chart(
            'mood_by_station',
            'Mood by station: the best and the worst',
            'mood_by_station',
            'bar',
            'station',
            ['sentiment'],
            'Station',
            $mood,
        ),
        new Chart(
            'price_and_mood',
            'Mood against housing price',
            'price_and_mood',
            'scatter',
            'price',
            ['sentiment'],
            'Average price of a home within 1 km (£)',
            $mood,
        ),
        new Chart('mood_by_zone', 'Mood by fare zone', 'mood_by_zone', 'bar', 'zone', ['sentiment'], 'Fare zone', $mood),
        new Chart(
            'mood_by_week',
            'Mood by week',
            'mood_by_week',
            'line',
            'week',
            ['all_london', 'inner_zones', 'outer_zones'],
            'Week',
            $mood,
        ),
    ];
    return array_column($charts, null, 'name');
}
