<?php
/** Styles and scripts: loaded on pages that use them, and anew when their content changes. Nothing comes from outside. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

function register_assets(): void
{
    wp_register_style('tubepulse', asset_url('assets/style.css'), [], asset_version('assets/style.css'));
    register_deferred('tubepulse-datatables', 'vendor/dataTables.min.js');
    register_deferred('tubepulse-tables', 'assets/tables.js', ['tubepulse-datatables']);
    register_deferred('tubepulse-chartjs', 'vendor/chart.umd.js');
    register_deferred('tubepulse-charts', 'assets/charts.js', ['tubepulse-chartjs']);
    register_deferred('tubepulse-map', 'assets/map.js');
    // In the page's head: from a shortcode it would come after the content, which would jump
    if (is_singular() && str_contains(get_post()->post_content ?? '', '[tubepulse_')) {
        wp_enqueue_style('tubepulse');
    }
}

function register_deferred(string $handle, string $path, array $needs = []): void
{
    $how = ['strategy' => 'defer', 'in_footer' => true];
    wp_register_script($handle, asset_url($path), $needs, asset_version($path), $how);
}

function asset_url(string $path): string
{
    return plugins_url($path, PLUGIN_FILE);
}

function asset_version(string $path): ?string
{
    $file = dirname(PLUGIN_FILE) . "/$path";
    return is_readable($file) ? hash_file('xxh32', $file) : null;
}
