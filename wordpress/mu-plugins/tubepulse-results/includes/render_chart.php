<?php
/** A chart: a canvas, what charts.js draws on it as JSON, and the same told in words and as a table. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const REPEATED_ROWS = 60; // a longer table would not be read as a chart's alternative

/** @param non-empty-list<array<string, mixed>> $rows of the chart's table's feed */
function render_chart(Chart $chart, array $rows): string
{
    $table = tables()[$chart->table];
    $rows = sorted($rows, $table);
    $data = wp_json_encode(chart_data($chart, $rows), JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT);
    $summary = chart_summary($chart, $rows);
    $bars = $chart->type === 'bar' ? ' style="--bars:' . count($rows) . '"' : '';
    $numbers = count($rows) > REPEATED_ROWS ? '' : '<details><summary>The numbers of this chart</summary>'
        . plain_table($table, $rows) . '</details>';
    return "<figure class=\"tubepulse tubepulse-chart alignwide\" data-chart=\"$chart->name\">"
        . "<div class=\"tubepulse-canvas tubepulse-$chart->type\"$bars><canvas role=\"img\" aria-label=\""
        . escaped("$chart->title. $summary") . '"></canvas></div>'
        . "<script type=\"application/json\">$data</script>"
        . '<figcaption><p>' . escaped($summary) . "</p>$numbers</figcaption></figure>\n";
}

/** @return array<string, mixed> what charts.js knows of the chart; its lists go by row */
function chart_data(Chart $chart, array $rows): array
{
    $feed = feeds()[tables()[$chart->table]->feed];
    $scatter = $chart->type === 'scatter';
    $step = page_step();
    // A dot's name is in the table's first column, a bar's or a week's is where it stands
    $names = $feed->column($scatter ? tables()[$chart->table]->columns[0] : $chart->x);
    $numbers = static fn (string $column): array => array_map(
        static fn (array $row): ?float => $row[$column] === null ? null : round($row[$column], 6),
        $rows,
    );
    return [
        'type' => $chart->type,
        'xTitle' => $chart->x_title,
        'yTitle' => $chart->y_title,
        'names' => array_map(static fn (array $row): string => shown($names, $row[$names->name]), $rows),
        'x' => $scatter ? $numbers($chart->x) : null,
        'series' => array_map(
            static fn (string $name): array => ['name' => $feed->column($name)->header, 'values' => $numbers($name)],
            $chart->series,
        ),
        'classes' => array_map(
            static fn (?float $mood): ?int => $mood === null ? null : mood_class($mood, $step),
            $numbers($chart->series[0]),
        ),
        'tweets' => isset($rows[0]['tweets']) ? array_column($rows, 'tweets') : null,
    ];
}

/** What one sees first, in words. */
function chart_summary(Chart $chart, array $rows): string
{
    return match ($chart->type) {
        'bar' => bar_summary($chart, $rows),
        'scatter' => scatter_summary($chart, $rows),
        'line' => line_summary($chart, $rows),
    };
}

function bar_summary(Chart $chart, array $rows): string
{
    $value = $chart->series[0];
    usort($rows, static fn (array $one, array $other): int => $other[$value] <=> $one[$value]);
    $named = static fn (array $row): string => ($chart->x === 'zone' ? 'zone ' . zone_name($row['zone']) : $row[$chart->x])
        . ' (' . signed($row[$value]) . ')';
    return 'Best: ' . $named($rows[0]) . '; worst: ' . $named($rows[array_key_last($rows)]) . '.';
}

function scatter_summary(Chart $chart, array $rows): string
{
    $pairs = array_map(static fn (array $row): array => [$row[$chart->x], $row[$chart->series[0]]], $rows);
    $r = pearson($pairs);
    return 'One dot a station. Pearson’s r is ' . ($r === null ? 'not defined' : signed($r, 2)) . ' over '
        . count_of(count($pairs), 'station') . ', each counted once; it says nothing about causes.';
}

function line_summary(Chart $chart, array $rows): string
{
    $feed = feeds()[tables()[$chart->table]->feed];
    $last = $rows[array_key_last($rows)];
    $parts = array_map(
        static fn (string $name): string => $feed->column($name)->header . ' '
            . ($last[$name] === null ? 'none' : signed($last[$name])),
        $chart->series,
    );
    return week_name($last[$chart->x]) . ': ' . implode(', ', $parts) . '. '
        . (count($rows) === 1 ? 'It is the only week so far.' : count_of(count($rows), 'week') . ' in all.');
}
