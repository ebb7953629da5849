<?php
/** wpDataTables' tables and charts for our tables() and charts(). */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const WPDATATABLES_OPTION = 'tubepulse_wpdatatables';

function wpdatatables_active(): bool
{
    $classes = ['\WPDataTable', '\WDTConfigController', '\WPDataChart'];
    return array_filter($classes, static fn (string $class): bool => class_exists($class, false)) === $classes;
}

/**
 * The id of wpDataTables' own, for its shortcode; null: we show ours.
 *
 * @param 'table'|'chart' $kind
 */
function wpdatatables_id(string $kind, string $name): ?int
{
    if (!wpdatatables_active()) {
        return null;
    }
    $fingerprint = $kind === 'table' ? table_fingerprint(...) : chart_fingerprint(...);
    return provisioned_id(WPDATATABLES_OPTION, "$kind $name", $fingerprint);
}

function provision_wpdatatables(Outcome $outcome): void
{
    if (!wpdatatables_active()) {
        return;
    }
    $one = static function (string $key, array $definition, \Closure $fingerprint, \Closure $save) use ($outcome): void {
        provision($outcome, "wpDataTables $key", WPDATATABLES_OPTION, $key, $definition, $fingerprint, $save);
    };
    foreach (table_definitions() as $name => $table) {
        $one("table $name", $table, table_fingerprint(...), static fn (?int $id): int => save_wpdatatable($id, $table));
    }
    foreach (chart_definitions() as $name => $chart) {
        $one("chart $name", $chart, chart_fingerprint(...), static fn (?int $id): int => save_wpdatachart($id, $chart));
    }
}

/** What an editor can change of a table; null: it is not there. */
function table_fingerprint(int $id): ?string
{
    global $wpdb;
    $table = $wpdb->get_row($wpdb->prepare(
        "SELECT title, show_title, table_type, content, sorting, tools, tabletools_config, display_length, responsive,
                scrollable, hide_before_load, fixed_layout, word_wrap, advanced_settings
         FROM {$wpdb->prefix}wpdatatables WHERE id = %d",
        $id,
    ), ARRAY_A);
    $columns = $wpdb->get_results($wpdb->prepare(
        "SELECT orig_header, display_header, column_type, pos, visible, sort_column, text_before, text_after, width,
                css_class, color, hide_on_phones, hide_on_tablets, skip_thousands_separator, advanced_settings
         FROM {$wpdb->prefix}wpdatatables_columns WHERE table_id = %d ORDER BY pos, id",
        $id,
    ), ARRAY_A);
    return $table === null ? null : md5(serialize([$table, $columns]));
}

/** What an editor can change of a chart; null: it is not there, or the table that it draws. */
function chart_fingerprint(int $id): ?string
{
    global $wpdb;
    $chart = $wpdb->get_row($wpdb->prepare(
        "SELECT chart.title, type, engine, json_render_data
         FROM {$wpdb->prefix}wpdatacharts AS chart
         JOIN {$wpdb->prefix}wpdatatables AS drawn ON drawn.id = wpdatatable_id
         WHERE chart.id = %d",
        $id,
    ), ARRAY_A);
    return $chart === null ? null : md5(serialize($chart));
}
