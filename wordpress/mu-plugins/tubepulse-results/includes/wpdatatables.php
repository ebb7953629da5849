<?php
/**
 * wpDataTables' table type "tubepulse": wpDataTables fires an action for a type that it does not know
 * (wpdatatables_generate_<type>), and what the action gives it are rows of text.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** Fill the table (a WPDataTable) with rows. Without data, and with PostgreSQL away, it is a table without rows. */
function fill_wpdatatable(object $table, mixed $content, mixed $params): void
{
    $params = (array) $params;
    $source = WpdatatableSource::of((string) $content);
    $rows = $source === null ? [] : read_feed($source->feed->name)->rows;
    $saved = array_keys($params['data_types'] ?? []);
    if ($saved === []) { // an editor, or the provisioning, saves the table: columns are asked for, and a row
        if ($source === null) {
            throw new \DomainException('There is no such feed. There are: ' . implode(', ', array_keys(feeds())));
        }
        $params['data_types'] = $source->types();
        $params['columnTitles'] = $source->headers();
        $saved = array_keys($params['data_types']);
        $rows = array_slice($rows, 0, 10) ?: [[]];
    }
    $cells = $source === null ? [] : wpdatatable_rows($source, $saved, $rows, decimal_point());
    $table->arrayBasedConstruct($cells, $params);
}

/**
 * Rows as wpDataTables wants them: all columns there, as text, and HTML in it as text. It would let through what a
 * post may contain, images of other sites included, and run shortcodes where a site says so.
 *
 * @param list<string> $columns names that the feed lacks become empty cells
 * @param list<array<string, mixed>> $rows
 * @return list<array<string, string>>
 */
function wpdatatable_rows(WpdatatableSource $source, array $columns, array $rows, string $decimal_point): array
{
    $types = $source->types();
    $cells = [];
    foreach ($rows as $row) {
        $row += $source->constants;
        $line = [];
        foreach ($columns as $name) {
            $value = $row[$name] ?? null;
            $line[$name] = match (true) {
                $value === null || !isset($types[$name]) => '',
                $types[$name] === 'int' => (string) $value,
                $types[$name] === 'float' => str_replace('.', $decimal_point, plain_number((float) $value)),
                default => text_cell(is_float($value) ? zone_name($value) : (string) $value),
            };
        }
        $cells[] = $line;
    }
    return $cells;
}

function text_cell(string $text): string
{
    return str_replace('[', '&#91;', escaped($text));
}

function wpdatatables_type(Column $column): string
{
    return match ($column->type) {
        'integer' => 'int',
        'decimal', 'money' => 'float',
        'text', 'week', 'zone' => 'string',
    };
}

/** "2.5", "3", "-0.0412": no exponents, no trailing zeros. */
function plain_number(float $number): string
{
    $text = number_format($number, 12, '.', ''); // fewer would be rounded twice, here and where it is shown
    $text = rtrim(rtrim($text, '0'), '.');
    return $text === '-0' ? '0' : $text;
}

/** wpDataTables reads numbers in the format that the site shows: 1 is "1.234,5", 2 is "1,234.5". */
function decimal_point(): string
{
    return (int) (get_option('wdtNumberFormat') ?: 1) === 1 ? ',' : '.';
}

/** Above the table, what a visitor should know about its rows. */
function note_above_wpdatatable(mixed $html, mixed $table_id): mixed
{
    if (!is_ours((int) $table_id)) {
        return $html;
    }
    global $wpdb;
    $query = $wpdb->prepare("SELECT content FROM {$wpdb->prefix}wpdatatables WHERE id = %d", $table_id);
    $source = WpdatatableSource::of((string) $wpdb->get_var($query));
    return ($source === null ? '' : status(read_feed($source->feed->name))) . $html;
}
