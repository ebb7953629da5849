<?php
/**
 * Plugin Name: A stand-in for wpDataTables
 * Description: Asks for a table of an unknown type as wpDataTables does; /?stub_feed=NAME&columns=A,B shows what it got.
 * Version:     0.1
 * License:     MIT
 */

declare(strict_types=1);

namespace Tubepulse\Stub;

defined('ABSPATH') || exit;

/** What a handler of the action gets: it hands its rows over by this one method. */
final class Table
{
    /** @var ?array<mixed> null: nothing was handed over */
    public ?array $rows = null;

    /** @var array<string, mixed> */
    public array $parameters = [];

    /**
     * @param array<mixed> $rows
     * @param array<string, mixed> $parameters
     */
    public function arrayBasedConstruct(array $rows, array $parameters): void
    {
        $this->rows = $rows;
        $this->parameters = $parameters;
    }
}

/** A text of the request's, or ''. */
function asked(string $name): string
{
    $value = wp_unslash($_GET[$name] ?? '');
    return is_string($value) ? $value : '';
}

add_action('template_redirect', static function (): void {
    if (asked('stub_feed') === '') {
        return;
    }
    // A table that was saved knows its columns; a new one is asked for them
    $columns = array_filter(explode(',', asked('columns')));
    $parameters = ['tableType' => 'tubepulse', 'data_types' => array_fill_keys($columns, 'string')];
    $table = new Table();
    try {
        do_action('wpdatatables_generate_tubepulse', $table, asked('stub_feed'), $parameters);
    } catch (\Exception $error) { // what an editor is told who saves the table
        wp_send_json(['problem' => $error->getMessage()]);
    }
    wp_send_json(['rows' => $table->rows, 'parameters' => $table->parameters]);
});
