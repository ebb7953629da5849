<?php
/**
 * Plugin Name:       Tubepulse results
 * Description:       Housing prices and the mood of tweets around London's underground stations, from PostgreSQL: tables, charts and a map.
 * Version:           1.0.0
 * Requires at least: 6.4
 * Requires PHP:      8.1
 * License:           MIT
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

// Once only: a site may hold it as a must-use plugin and as an ordinary one
if (defined(__NAMESPACE__ . '\VERSION')) {
    return;
}
const VERSION = '1.0.0';
const PLUGIN_FILE = __FILE__;

// The data: from PostgreSQL's views to rows
require __DIR__ . '/includes/connection.php';
require __DIR__ . '/includes/database.php';
require __DIR__ . '/includes/feeds.php';
require __DIR__ . '/includes/derived.php';
require __DIR__ . '/includes/kept.php';
require __DIR__ . '/includes/sentences.php';
require __DIR__ . '/includes/cache.php';

// What pages show of them
require __DIR__ . '/includes/text.php';
require __DIR__ . '/includes/mood.php';
require __DIR__ . '/includes/prices.php';
require __DIR__ . '/includes/tables.php';
require __DIR__ . '/includes/charts.php';
require __DIR__ . '/includes/render_table.php';
require __DIR__ . '/includes/render_chart.php';
require __DIR__ . '/includes/map.php';
require __DIR__ . '/includes/shortcodes.php';

// What editors may change: the pages, and wpDataTables' tables and charts
require __DIR__ . '/includes/provisioned.php';
require __DIR__ . '/includes/pages.php';
require __DIR__ . '/includes/wpdatatables_source.php';
require __DIR__ . '/includes/wpdatatables.php';
require __DIR__ . '/includes/wpdatatables_charts.php';
require __DIR__ . '/includes/wpdatatables_admin.php';
require __DIR__ . '/includes/wpdatatables_definitions.php';
require __DIR__ . '/includes/wpdatatables_save.php';
require __DIR__ . '/includes/wpdatatables_content.php';

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/settings_page.php';
require __DIR__ . '/includes/notice.php';

add_action('init', __NAMESPACE__ . '\register_shortcodes');
add_action('wp_enqueue_scripts', __NAMESPACE__ . '\register_assets');
add_action('wpdatatables_generate_tubepulse', __NAMESPACE__ . '\fill_wpdatatable', 10, 3);
add_filter('wpdatatables_filter_rendered_table', __NAMESPACE__ . '\note_above_wpdatatable', 10, 2);
add_filter('wpdatatables_filter_int_cell_data_in_charts', __NAMESPACE__ . '\missing_in_chart', 10, 4);
add_filter('wpdatatables_filter_float_cell_data_in_charts', __NAMESPACE__ . '\missing_in_chart', 10, 4);
add_filter('wpdatatables_filter_chartjs_render_data', __NAMESPACE__ . '\chart_data_as_meant', 10, 3);
add_action('init', __NAMESPACE__ . '\name_table_type');
add_action('wpdatatables_add_table_type_option', __NAMESPACE__ . '\offer_table_type');
add_action('wpdatatables_add_data_source_elements', __NAMESPACE__ . '\offer_feeds');
add_action('wpdatatables_enqueue_on_edit_page', __NAMESPACE__ . '\load_feed_field');
add_filter('plugin_action_links_' . plugin_basename(__FILE__), __NAMESPACE__ . '\add_settings_link');
add_action('admin_menu', __NAMESPACE__ . '\add_settings_page');
add_action('admin_post_tubepulse_settings', __NAMESPACE__ . '\save_settings');
add_action('admin_post_tubepulse_pages', __NAMESPACE__ . '\add_pages');
add_action('admin_notices', __NAMESPACE__ . '\show_notices');
add_action('admin_post_tubepulse_dismiss', __NAMESPACE__ . '\dismiss_notice');
