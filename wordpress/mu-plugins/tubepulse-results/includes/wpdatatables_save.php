<?php
/** Saves a table or a chart through wpDataTables' own classes, as its pages in wp-admin do. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** @param ?int $id null: a new one */
function save_wpdatatable(?int $id, array $definition): int
{
    global $wpdb;
    $config = $id === null
        ? \WDTConfigController::getConfigDefaults()
        : \WDTConfigController::loadTableFromDB($id, false);
    foreach ($definition['settings'] as $name => $value) {
        $config->$name = $value;
    }
    $source = \WDTConfigController::tryCreateTable('tubepulse', $config->content);
    if (!empty($source->error)) {
        throw new \RuntimeException(wp_strip_all_tags((string) $source->error));
    }
    \WDTConfigController::saveTableToDB(\WDTConfigController::sanitizeTableConfig($config));
    fail_on_database_error();
    $id ??= (int) $wpdb->insert_id;
    // Twice: wpDataTables makes columns with all of its own defaults, and then ours are set
    \WDTConfigController::saveColumns($config->columns, $source->table, $id);
    $columns = \WDTConfigController::loadTableFromDB($id, false)->columns;
    foreach ($columns as $column) {
        $wanted = $definition['columns'][$column->orig_header];
        $column->display_header = $wanted['header'];
        $column->type = $wanted['type'];
        $column->decimalPlaces = $wanted['decimals'];
        $column->text_before = $wanted['before'];
        $column->defaultSortingColumn = $wanted['sort'];
        $column->visible = $wanted['visible'];
        $column->pos = array_search($column->orig_header, array_keys($definition['columns']), true);
    }
    \WDTConfigController::saveColumns($columns, $source->table, $id);
    fail_on_database_error();
    \WDTConfigController::loadTableFromDB($id, false); // renews its memory, which a chart will read
    return $id;
}

/** @param ?int $id null: a new one */
function save_wpdatachart(?int $id, array $definition): int
{
    $table_id = wpdatatables_id('table', $definition['table']);
    if ($table_id === null) {
        throw new \RuntimeException("its table, {$definition['table']}, is not there");
    }
    $chart = \WPDataChart::build(['id' => $id, 'wpdatatable_id' => $table_id] + $definition['settings']);
    $chart->save();
    fail_on_database_error();
    return (int) $chart->getId();
}

function fail_on_database_error(): void
{
    global $wpdb;
    if ($wpdb->last_error !== '') {
        throw new \RuntimeException($wpdb->last_error);
    }
}
