<?php
/** Puts right what wpDataTables' charts make of our tables' cells. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const DOT_COLOUR = 'rgba(11, 90, 122, 0.55)';

/** Whether a wpDataTables table is of our type. */
function is_ours(int $table_id): bool
{
    static $ours = []; // a chart asks for each of its cells
    global $wpdb;
    return $ours[$table_id] ??= $wpdb->get_var(
        $wpdb->prepare("SELECT table_type FROM {$wpdb->prefix}wpdatatables WHERE id = %d", $table_id)
    ) === 'tubepulse';
}

/** No number is no point; wpDataTables would draw a zero. */
function missing_in_chart(mixed $cell, mixed $column, mixed $chart_id, mixed $table_id): mixed
{
    return $cell === '' && is_ours((int) $table_id) ? null : $cell;
}

/** What Chart.js is given, as a whole. */
function chart_data_as_meant(mixed $data, mixed $chart_id, object $chart): mixed
{
    if (!is_array($data) || !is_ours((int) $chart->getwpDataTableId())) {
        return $data;
    }
    $data['options']['data'] = with_plain_labels($data['options']['data'] ?? []);
    if (empty($data['configurations']['container']['width'])) {
        // As wide as its place, and as high as was set: thirty bars need their height on a telephone, too
        $data['options']['options']['maintainAspectRatio'] = false;
    }
    if (in_array(DOT, $chart->getSelectedColumns(), true)) {
        $data = as_dots($data, (string) $chart->getVerticalAxisMin() !== '');
    }
    return $data;
}

/** Labels are painted, not parsed as HTML: they are the text itself. */
function with_plain_labels(array $data): array
{
    $plain = static fn (mixed $label): mixed => is_string($label) ? painted($label) : $label;
    if (isset($data['labels'])) {
        $data['labels'] = array_map($plain, $data['labels']);
    }
    foreach (array_keys($data['datasets'] ?? []) as $index) {
        $data['datasets'][$index]['label'] = $plain($data['datasets'][$index]['label'] ?? '');
    }
    return $data;
}

/** A cell's text. wpDataTables writes it into a <script>, which "<!--<script" would keep open: hence no bare "<". */
function painted(string $cell): string
{
    return str_replace('<', "<\u{200B}", html_entity_decode($cell, ENT_QUOTES | ENT_HTML5));
}

/** Bubbles, each a series of its own, as the dots of a scatter chart: of one colour, and below zero as well. */
function as_dots(array $data, bool $has_minimum): array
{
    if (!$has_minimum) {
        unset($data['options']['options']['scales']['y']['min']);
        $data['options']['options']['scales']['y']['beginAtZero'] = false;
    }
    foreach (array_keys($data['options']['data']['datasets'] ?? []) as $index) {
        $data['options']['data']['datasets'][$index]['backgroundColor'] = DOT_COLOUR;
        $data['options']['data']['datasets'][$index]['hoverBackgroundColor'] = DOT_COLOUR;
    }
    return $data;
}
