<?php
/** A table in full: it can be read without JavaScript; tables.js adds sorting, search and pages. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** @param non-empty-list<array<string, mixed>> $rows of the table's feed */
function render_table(Table $table, array $rows): string
{
    $options = [
        'pageLength' => $table->page_length,
        'order' => [array_search($table->sort[0], $table->columns, true), $table->sort[1]],
        'noun' => $table->noun,
    ];
    return '<div class="tubepulse tubepulse-table alignwide" data-options="' . esc_attr(wp_json_encode($options)) . '">'
        . plain_table($table, $rows) . "</div>\n";
}

/** The table in a box of its own, in which it scrolls sideways where it is too wide. */
function plain_table(Table $table, array $rows): string
{
    $feed = feeds()[$table->feed];
    $columns = array_map($feed->column(...), $table->columns);
    $id = wp_unique_id('tubepulse-table-');
    $kind = shown_kind();
    $heads = '';
    foreach ($columns as $column) {
        $note = $table->notes[$column->name] ?? '';
        $heads .= '<th scope="col"' . (is_number($column) ? ' class="n"' : '') . '>' . esc_html($kind->header($column->header))
            . ($note === '' ? '' : ' <small>' . esc_html($note) . '</small>') . '</th>';
    }
    $step = page_step();
    $body = '';
    foreach (sorted($rows, $table) as $row) {
        $cells = '';
        foreach ($columns as $place => $column) {
            $cells .= $place === 0 ? row_header($column, $row[$column->name]) : cell($column, $row[$column->name], $step);
        }
        $body .= "<tr>$cells</tr>\n";
    }
    $title = esc_html($table->title);
    return <<<HTML
        <div class="tubepulse-scroll" role="region" tabindex="0" aria-labelledby="$id-caption">
        <table id="$id" data-table="$table->name"><caption id="$id-caption">$title</caption>
        <thead><tr>$heads</tr></thead>
        <tbody>
        $body</tbody></table></div>
        HTML;
}

function row_header(Column $column, string|int|float|null $value): string
{
    $days = $column->type === 'week' ? week_days($value) : '';
    return '<th scope="row" data-order="' . escaped((string) $value) . '">' . escaped(match (true) {
        $column->type === 'week' => week_name($value),
        $column->type === 'zone' => 'Zone ' . zone_name($value),
        default => shown($column, $value),
    }) . ($days === '' ? '' : ' <small>' . esc_html($days) . '</small>') . '</th>';
}

/** data-order is what a column is sorted by; where it is empty, the row comes last. */
function cell(Column $column, string|int|float|null $value, float $step): string
{
    if ($value === null || $value === '') {
        return (is_number($column) ? '<td class="n" data-order="">' : '<td>') . absent() . '</td>';
    }
    if (!is_number($column)) {
        return '<td>' . escaped((string) $value) . '</td>';
    }
    if (is_mood($column)) {
        $class = mood_class($value, $step);
        // The bar's length, as a part of what the strongest colour stands for
        $bar = round(max(-1, min(1, $value / ($step * (HALF_CLASSES + 0.5)))), 2);
        return "<td class=\"n mood m$class\" style=\"--bar:$bar\" data-order=\"" . round($value, 6) . '">'
            . shown($column, $value) . '</td>';
    }
    return '<td class="n" data-order="' . round($value, 2) . '">' . shown($column, $value) . '</td>';
}

function is_number(Column $column): bool
{
    return in_array($column->type, ['integer', 'decimal', 'money', 'zone'], true);
}

/**
 * In the table's order; rows without a value come last, those with the same go by name.
 *
 * @param list<array<string, mixed>> $rows
 * @return list<array<string, mixed>>
 */
function sorted(array $rows, Table $table): array
{
    [$by, $direction] = $table->sort;
    $name = $table->columns[0];
    usort($rows, static function (array $one, array $other) use ($by, $direction, $name): int {
        if ($one[$by] === null || $other[$by] === null) {
            return ($one[$by] === null) <=> ($other[$by] === null) ?: $one[$name] <=> $other[$name];
        }
        $order = $one[$by] <=> $other[$by];
        return ($direction === 'desc' ? -$order : $order) ?: $one[$name] <=> $other[$name];
    });
    return $rows;
}
