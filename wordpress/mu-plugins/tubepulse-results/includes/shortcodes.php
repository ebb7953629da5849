<?php
/**
 * What pages show: [tubepulse_table name=…], [tubepulse_chart name=…], [tubepulse_map], [tubepulse_figures],
 * [tubepulse_prices], [tubepulse_date], [tubepulse_words], [tubepulse_lineage]. Pages never change with wpDataTables:
 * where it is active and has a table or chart of that name, that one is shown, with what an editor made of it.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

require_once __DIR__ . '/assets.php';
require_once __DIR__ . '/status.php';
require_once __DIR__ . '/statistics.php';
require_once __DIR__ . '/figures.php';
require_once __DIR__ . '/lineage.php';

function register_shortcodes(): void
{
    $handlers = [
        'table' => table_shortcode(...),
        'chart' => chart_shortcode(...),
        'map' => map_shortcode(...),
        'figures' => static fn (): string => of_feed('station_overview', render_figures(...), ''),
        'prices' => static fn (): string => of_feed('price_source', render_prices(...), ''),
        'date' => static fn (): string => of_feed('station_overview', render_date(...), ''),
        'words' => static fn (): string => of_feed('topics', render_words(...), ''),
        'lineage' => static fn (): string => of_feed('latest_lineage', render_lineage(...), NOTHING_YET),
    ];
    foreach ($handlers as $name => $handler) {
        add_shortcode("tubepulse_$name", unbreakable($handler));
    }
}

/** A shortcode's handler with which a page stands, whatever goes wrong. */
function unbreakable(\Closure $handler): \Closure
{
    return static function (mixed $attributes) use ($handler): string {
        try {
            wp_enqueue_style('tubepulse');
            return $handler(is_array($attributes) ? $attributes : []);
        } catch (\Throwable $error) {
            error_log('tubepulse: ' . $error->getMessage() . ' at ' . $error->getFile() . ':' . $error->getLine());
            return sentence_box('This part of the page cannot be shown at the moment.');
        }
    };
}

/** A feed's rows, rendered, below what is wrong with them. */
function of_feed(string $feed, \Closure $render, string $otherwise): string
{
    $result = read_feed($feed);
    return status($result) . ($result->rows === [] ? $otherwise : $render($result->rows));
}

function table_shortcode(array $attributes): string
{
    $table = tables()[$attributes['name'] ?? ''] ?? null;
    if ($table === null) {
        return unknown_name('table', array_keys(tables()));
    }
    $id = wpdatatables_id('table', $table->name);
    if ($id !== null) {
        return wpdatatables_box("[wpdatatable id=$id]");
    }
    wp_enqueue_script('tubepulse-tables');
    return of_feed($table->feed, static fn (array $rows): string => render_table($table, $rows), NOTHING_YET);
}

function chart_shortcode(array $attributes): string
{
    $chart = charts()[$attributes['name'] ?? ''] ?? null;
    if ($chart === null) {
        return unknown_name('chart', array_keys(charts()));
    }
    $id = wpdatatables_id('chart', $chart->name);
    if ($id === null) {
        wp_enqueue_script('tubepulse-charts');
    }
    $render = $id === null
        ? static fn (array $rows): string => render_chart($chart, $rows)
        : static fn (): string => wpdatatables_box("[wpdatachart id=$id]");
    return of_feed(tables()[$chart->table]->feed, $render, NOTHING_YET);
}

function map_shortcode(array $attributes): string
{
    wp_enqueue_script('tubepulse-map');
    $part = ($attributes['part'] ?? '') === 'centre' ? 'centre' : 'london';
    return of_feed('station_overview', static fn (array $rows): string => render_map($part, $rows), NOTHING_YET);
}

function wpdatatables_box(string $shortcode): string
{
    return '<div class="tubepulse-wpdatatables alignwide">' . do_shortcode($shortcode) . '</div>';
}

/** For the editor who mistyped it. */
function unknown_name(string $kind, array $names): string
{
    return sentence_box("There is no such $kind. There are: " . implode(', ', $names) . '.');
}
