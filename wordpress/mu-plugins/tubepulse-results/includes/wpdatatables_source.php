<?php
/**
 * What a table's content names: a feed, and columns of it. "station_overview", or
 * "station_overview: station, zone, sentiment"; "dot=4" is a column of fours.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

final class WpdatatableSource
{
    /**
     * @param list<string> $columns
     * @param array<string, int> $constants
     */
    private function __construct(
        public readonly Feed $feed,
        public readonly array $columns,
        public readonly array $constants,
    ) {
    }

    /** Null: there is no such feed. Columns that the feed lacks are left out; no columns are all. */
    public static function of(string $content): ?self
    {
        [$name, $list] = explode(':', $content, 2) + [1 => ''];
        $feed = feeds()[trim($name)] ?? null;
        if ($feed === null) {
            return null;
        }
        $columns = [];
        $constants = [];
        foreach (array_map('trim', explode(',', $list)) as $item) {
            if (preg_match('/^(\w+)=(\d+)$/', $item, $parts)) {
                $constants[$parts[1]] = (int) $parts[2];
            } elseif ($item !== '') {
                $columns[] = $item;
            }
        }
        $names = array_column($feed->columns, 'name');
        return new self($feed, array_values(array_intersect($columns, $names)) ?: $names, $constants);
    }

    /** @return array<string, 'int'|'float'|'string'> by column */
    public function types(): array
    {
        $types = [];
        foreach ($this->columns as $name) {
            $types[$name] = wpdatatables_type($this->feed->column($name));
        }
        return $types + array_fill_keys(array_keys($this->constants), 'int');
    }

    /** @return array<string, string> by column */
    public function headers(): array
    {
        $headers = [];
        foreach ($this->columns as $name) {
            $headers[$name] = $this->feed->column($name)->header;
        }
        return $headers + array_combine(array_keys($this->constants), array_keys($this->constants));
    }
}
