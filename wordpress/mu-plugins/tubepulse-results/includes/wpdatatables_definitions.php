<?php
/** What wpDataTables' tables and charts are when they are new: tables() and charts() in its terms. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const CHART_TYPES = [ // there is no scatter chart: its bubbles are dots of one size
    'bar' => 'chartjs_bar_chart',
    'line' => 'chartjs_line_chart',
    'scatter' => 'chartjs_bubble_chart',
];
const SERIES_COLOURS = ['#0b5a7a', '#c4652a', '#3d88a6']; // of the site's style.css
const TABLE_SETTINGS = [
    'table_type' => 'tubepulse',
    'show_title' => 1,
    'tools' => 0, // buttons that export: an editor's choice
    'scrollable' => 1, // a wide table scrolls in its box, not the page
    'word_wrap' => 1,
    'hide_before_load' => 0, // rows are there without JavaScript
];
const CHART_SETTINGS = [
    'engine' => 'chartjs', // google's engine asks Google
    'range_type' => 'all_rows',
    'curve_type' => '', // straight from point to point
    'responsive_width' => 1,
    'legend_position_cjs' => 'top',
];
const AS_THE_SITE_DOES = -1; // decimals
const DOT = 'dot';
const DOT_PIXELS = 4;

/** @return array<string, array<string, mixed>> */
function table_definitions(): array
{
    $definitions = [];
    foreach (tables() as $table) {
        $feed = feeds()[$table->feed];
        $columns = [];
        foreach ($table->columns as $name) {
            $columns[$name] = column_definition($feed->column($name), $table);
        }
        $content = "$table->feed: " . implode(', ', $table->columns);
        if (is_drawn_as_dots($table)) {
            $content .= ', ' . DOT . '=' . DOT_PIXELS;
            $columns[DOT] = [
                'header' => 'Size of the dot',
                'type' => 'int',
                'decimals' => AS_THE_SITE_DOES,
                'before' => '',
                'sort' => 0,
                'visible' => 0,
            ];
        }
        $settings = ['title' => $table->title, 'content' => $content, 'display_length' => $table->page_length];
        $definitions[$table->name] = ['settings' => $settings + TABLE_SETTINGS, 'columns' => $columns];
    }
    return $definitions;
}

/** @return array<string, mixed> */
function column_definition(Column $column, Table $table): array
{
    [$sorted, $direction] = $table->sort;
    $note = $table->notes[$column->name] ?? '';
    return [
        'header' => $column->header . ($note === '' ? '' : " ($note)"),
        'type' => wpdatatables_type($column),
        'decimals' => wpdatatables_type($column) === 'float' ? $column->decimals : AS_THE_SITE_DOES,
        'before' => $column->type === 'money' ? '£' : '',
        'sort' => match (true) {
            $column->name !== $sorted => 0,
            $direction === 'asc' => 1,
            default => 2,
        },
        'visible' => 1,
    ];
}

function is_drawn_as_dots(Table $table): bool
{
    foreach (charts() as $chart) {
        if ($chart->table === $table->name && $chart->type === 'scatter') {
            return true;
        }
    }
    return false;
}

/** @return array<string, array<string, mixed>> */
function chart_definitions(): array
{
    $definitions = [];
    foreach (charts() as $chart) {
        $columns = [$chart->x, ...$chart->series];
        if ($chart->type === 'scatter') {
            $columns = [tables()[$chart->table]->columns[0], ...$columns, DOT]; // what the dot is called comes first
        }
        $lying = $chart->type === 'bar';
        $settings = [
            'title' => $chart->title,
            'type' => CHART_TYPES[$chart->type],
            'selected_columns' => $columns,
            'series_data' => series_definition($chart),
            'height' => $chart->table === 'mood_by_station' ? 720 : 400, // pixels; thirty names one below the other
            'horizontal_axis_label' => $lying ? $chart->y_title : $chart->x_title,
            'vertical_axis_label' => $lying ? $chart->x_title : $chart->y_title,
            'show_legend' => count($chart->series) > 1,
        ];
        $definitions[$chart->name] = ['settings' => $settings + CHART_SETTINGS, 'table' => $chart->table];
    }
    return $definitions;
}

/** @return array<string, array{label: string, color: string, type: string}> by column */
function series_definition(Chart $chart): array
{
    $feed = feeds()[tables()[$chart->table]->feed];
    $series = [];
    foreach ($chart->series as $index => $name) {
        $colour = SERIES_COLOURS[$index % count(SERIES_COLOURS)];
        $series[$name] = ['label' => $feed->column($name)->header, 'color' => $colour, 'type' => ''];
    }
    return $series;
}
