<?php
/** The named tables: which columns of which feed, in which order. Ours and wpDataTables' tables show the same. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

final class Table
{
    /**
     * @param list<string> $columns of the feed, as they are shown
     * @param array{string, 'asc'|'desc'} $sort
     * @param array<string, string> $notes a column's unit, shown below its header
     * @param string $noun what a row is
     */
    public function __construct(
        public readonly string $name,
        public readonly string $title,
        public readonly string $feed,
        public readonly array $columns,
        public readonly array $sort,
        public readonly int $page_length = 25,
        public readonly array $notes = [],
        public readonly string $noun = 'station',
    ) {
    }
}

/** @return array<string, Table> */
function tables(): array
{
    $mood = '−1 to +1';
    $price = 'within 1 km';
    $mean = 'average';
    $tables = [
        new Table(
            'stations',
            'Housing prices and mood at every station',
            'station_overview',
            [
                'station', 'zone', 'average_price', 'median_price', 'sales',
                'week_tweets', 'week_sentiment', 'tweets', 'sentiment', 'topics',
            ],
            ['week_tweets', 'desc'],
            notes: [
                'average_price' => $price,
                'median_price' => $price,
                'sales' => $price,
                'week_sentiment' => $mood,
                'tweets' => 'all weeks',
                'sentiment' => 'all weeks',
            ],
        ),
        new Table(
            'topics',
            'Words of each week in all London',
            'topics',
            ['date', 'topics'],
            ['date', 'desc'],
            noun: 'week',
        ),
        new Table(
            'station_words',
            'Words of the week at each station',
            'station_overview',
            ['station', 'week_tweets', 'topics'],
            ['week_tweets', 'desc'],
        ),
        new Table(
            'prices_by_type',
            'Housing prices by type of home at every station',
            'station_overview',
            [
                'station', 'zone', 'average_price', 'median_price', 'sales', 'flat_price', 'flat_sales', 'terraced_price',
                'terraced_sales', 'semi_detached_price', 'semi_detached_sales', 'detached_price', 'detached_sales',
            ],
            ['average_price', 'desc'],
            notes: [
                'average_price' => $price,
                'median_price' => $price,
                'sales' => $price,
                'flat_price' => $mean,
                'terraced_price' => $mean,
                'semi_detached_price' => $mean,
                'detached_price' => $mean,
            ],
        ),
        // The next four are what the charts draw
        new Table(
            'mood_by_station',
            'Best and worst mood by station, all weeks',
            'mood_extremes',
            ['station', 'tweets', 'sentiment'],
            ['sentiment', 'desc'],
            notes: ['sentiment' => $mood],
        ),
        new Table(
            'price_and_mood',
            'Housing price and mood by station, all weeks',
            'vsentiment',
            ['subway_station', 'price', 'sentiment'],
            ['price', 'desc'],
            notes: ['price' => $price, 'sentiment' => $mood],
        ),
        new Table(
            'mood_by_zone',
            'Mood by fare zone, all weeks',
            'mood_by_zone',
            ['zone', 'tweets', 'sentiment'],
            ['zone', 'asc'],
            notes: ['sentiment' => $mood],
            noun: 'zone',
        ),
        new Table(
            'mood_by_week',
            'Mood by week',
            'mood_by_week_series',
            ['week', 'all_london', 'inner_zones', 'outer_zones'],
            ['week', 'asc'],
            notes: ['all_london' => $mood, 'inner_zones' => $mood, 'outer_zones' => $mood],
            noun: 'week',
        ),
    ];
    return array_column($tables, null, 'name');
}
