<?php
/** The named feeds: what may be read, and what its columns are. Nothing else reaches the database. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const SCHEMA = 'london_schema';
const HOME_TYPES = ['detached' => 'Detached', 'semi_detached' => 'Semi-detached', 'terraced' => 'Terraced', 'flat' => 'Flat'];

final class Column
{
    /** @param 'text'|'integer'|'decimal'|'money'|'zone'|'week' $type pounds; zone 2 or 2.5; week "2026-W46" */
    public function __construct(
        public readonly string $name,
        public readonly string $header,
        public readonly string $type = 'text',
        public readonly int $decimals = 0,
    ) {
    }

    /** The value as PHP has it: null, a string, a whole number or a float. */
    public function cast(mixed $value): string|int|float|null
    {
        if ($value === null) {
            return null;
        }
        return match ($this->type) {
            'text' => (string) $value,
            'week' => iso_week((string) $value),
            'integer' => is_numeric($value) ? (int) $value : null,
            'decimal', 'money', 'zone' => is_numeric($value) ? (float) $value : null,
        };
    }
}

final class Feed
{
    /**
     * A view's columns as they are, or what `derive` makes of another feed's rows.
     *
     * @param list<Column> $columns
     * @param ?\Closure(list<array<string, mixed>>): list<array<string, mixed>> $derive
     */
    public function __construct(
        public readonly string $name,
        public readonly array $columns,
        public readonly string $view = '',
        public readonly string $order_by = '',
        public readonly string $base = '',
        public readonly ?\Closure $derive = null,
    ) {
    }

    public function sql(): string
    {
        $names = array_map(static fn (Column $column): string => '"' . $column->name . '"', $this->columns);
        return 'SELECT ' . implode(', ', $names) . ' FROM ' . SCHEMA . ".$this->view ORDER BY $this->order_by";
    }

    /** Changes whenever the rows' shape does. */
    public function fingerprint(): string
    {
        return md5(serialize([$this->view, $this->columns]));
    }

    public function column(string $name): Column
    {
        foreach ($this->columns as $column) {
            if ($column->name === $name) {
                return $column;
            }
        }
        throw new \OutOfBoundsException("feed $this->name has no column $name");
    }

    /**
     * Rows of the database, by this feed's columns and types.
     *
     * @param list<array<string, mixed>> $rows
     * @return list<array<string, string|int|float|null>>
     */
    public function typed(array $rows): array
    {
        $typed = [];
        foreach ($rows as $row) {
            $values = [];
            foreach ($this->columns as $column) {
                $values[$column->name] = $column->cast($row[$column->name] ?? null);
            }
            $typed[] = $values;
        }
        return $typed;
    }
}

/** @return array<string, Feed> */
function feeds(): array
{
    $feeds = [
        new Feed('station_overview', [
            new Column('station', 'Station'),
            new Column('zone', 'Zone', 'zone'),
            new Column('latitude', 'Latitude', 'decimal', 4),
            new Column('longitude', 'Longitude', 'decimal', 4),
            new Column('average_price', 'Average price', 'money'),
            new Column('sales', 'Sales', 'integer'),
            new Column('week', 'Week', 'week'),
            new Column('week_tweets', 'Tweets this week', 'integer'),
            new Column('week_sentiment', 'Mood this week', 'decimal', 3),
            new Column('tweets', 'Tweets', 'integer'),
            new Column('sentiment', 'Mood', 'decimal', 3),
            new Column('topics', 'Words of the week'),
            new Column('median_price', 'Median price', 'money'),
            ...columns_by_type(),
        ], view: 'station_overview', order_by: 'station'),
        new Feed('price_source', [
            new Column('source', 'Source'),
            new Column('kind', 'Kind'),
            new Column('first_day', 'From'),
            new Column('last_day', 'To'),
            new Column('properties', 'Homes', 'integer'),
            new Column('prices', 'Prices at stations', 'integer'),
            new Column('rejected', 'Rows left out', 'integer'),
            new Column('attribution', 'Attribution'),
            new Column('loaded_at', 'Loaded (UTC)'),
        ], view: 'price_source', order_by: 'source'),
        new Feed('vsentiment', [
            new Column('subway_station', 'Station'),
            new Column('price', 'Average price', 'money'),
            new Column('sentiment', 'Mood', 'decimal', 3),
        ], view: 'vsentiment', order_by: 'subway_station'),
        new Feed('topics', [
            new Column('date', 'Week', 'week'),
            new Column('topics', 'Words'),
        ], view: 'topics', order_by: 'date DESC'),
        new Feed('mood_by_week', [
            new Column('run', 'Week', 'week'),
            new Column('zone', 'Zone', 'zone'),
            new Column('tweets', 'Tweets', 'integer'),
            new Column('sentiment', 'Mood', 'decimal', 3),
        ], view: 'mood_by_week', order_by: 'run, zone'),
        new Feed('latest_lineage', [
            new Column('batch_nr', 'Batch', 'integer'),
            new Column('job_nr', 'Job', 'integer'),
            new Column('timestamp', 'Written (UTC)'),
            new Column('step_airflow', 'Task'),
            new Column('source', 'From'),
            new Column('destination', 'To'),
        ], view: 'latest_lineage', order_by: 'job_nr'),
        new Feed('mood_extremes', [
            new Column('station', 'Station'),
            new Column('tweets', 'Tweets', 'integer'),
            new Column('sentiment', 'Mood', 'decimal', 3),
        ], base: 'station_overview', derive: mood_extremes(...)),
        new Feed('mood_by_zone', [
            new Column('zone', 'Zone', 'zone'),
            new Column('tweets', 'Tweets', 'integer'),
            new Column('sentiment', 'Mood', 'decimal', 3),
        ], base: 'mood_by_week', derive: mood_by_zone(...)),
        new Feed('mood_by_week_series', [
            new Column('week', 'Week', 'week'),
            new Column('all_london', 'All London', 'decimal', 3),
            new Column('inner_zones', 'Zones 1–2', 'decimal', 3),
            new Column('outer_zones', 'Zones 3 and beyond', 'decimal', 3),
        ], base: 'mood_by_week', derive: mood_by_week_series(...)),
    ];
    return array_column($feeds, null, 'name');
}

/** @return list<Column> mean, median and number of each type of home */
function columns_by_type(): array
{
    $columns = [];
    foreach (HOME_TYPES as $type => $name) {
        $columns[] = new Column("{$type}_price", "$name price", 'money');
        $columns[] = new Column("{$type}_median_price", "$name median price", 'money');
        $columns[] = new Column("{$type}_sales", "$name sales", 'integer');
    }
    return $columns;
}

/** The ISO week of a run key ("2026-W46") or a timestamp in UTC ("2026-11-09 00:00:00"). */
function iso_week(string $value): ?string
{
    if (preg_match('/^\d{4}-W\d{2}$/', $value)) {
        return $value;
    }
    $date = \DateTimeImmutable::createFromFormat('!Y-m-d', substr($value, 0, 10), new \DateTimeZone('UTC'));
    return $date === false ? null : $date->format('o-\WW');
}
