<?php
/** Our table type on wpDataTables' own pages in wp-admin: an editor can see it, and make tables of it. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** In the list of tables the type has a name. */
function name_table_type(): void
{
    if (property_exists('\WPDataTable', 'allowedTableTypes')) {
        \WPDataTable::$allowedTableTypes[] = 'tubepulse';
    }
}

function offer_table_type(): void
{
    echo '<option value="tubepulse">Tubepulse (PostgreSQL)</option>';
}

/** The field that tells the feed, beside the type. */
function offer_feeds(): void
{
    echo '<div class="col-sm-6 tubepulse-source hidden"><h4 class="c-title-color m-b-2">Feed, and its columns</h4>',
        '<div class="form-group"><div class="fg-line">',
        '<input type="text" id="tubepulse-content" class="form-control input-sm" list="tubepulse-feeds">',
        '</div></div><datalist id="tubepulse-feeds">';
    foreach (feeds() as $feed) {
        $names = implode(', ', array_column($feed->columns, 'name'));
        echo '<option value="', esc_attr("$feed->name: $names"), '">';
    }
    echo '</datalist></div>';
}

function load_feed_field(): void
{
    $path = 'assets/wpdatatables-edit.js';
    wp_enqueue_script('tubepulse-wpdatatables-edit', asset_url($path), ['jquery'], asset_version($path), true);
}
