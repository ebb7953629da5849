<?php
/** Removes what the plugin stored. Pages, and wpDataTables' tables and charts, are the site's own and stay. */

declare(strict_types=1);

defined('WP_UNINSTALL_PLUGIN') || exit;

(static function (): void {
    $loaded = defined('Tubepulse\PLUGIN_FILE') ? wp_normalize_path(Tubepulse\PLUGIN_FILE) : '';
    if (str_starts_with($loaded, wp_normalize_path(WPMU_PLUGIN_DIR) . '/')) {
        return; // the must-use copy goes on with them
    }
    global $wpdb;
    $sites = is_multisite() ? get_sites(['fields' => 'ids', 'number' => 0]) : [get_current_blog_id()];
    foreach ($sites as $site) {
        is_multisite() && switch_to_blog($site);
        $names = $wpdb->get_col($wpdb->prepare(
            "SELECT option_name FROM $wpdb->options WHERE option_name LIKE %s OR option_name LIKE %s OR option_name LIKE %s",
            $wpdb->esc_like('tubepulse_') . '%',
            $wpdb->esc_like('_transient_tubepulse_') . '%',
            $wpdb->esc_like('_transient_timeout_tubepulse_') . '%',
        ));
        array_map('delete_option', $names);
        is_multisite() && restore_current_blog();
    }
    delete_metadata('user', 0, 'tubepulse_wpdatatables_notice_dismissed', '', true);
})();
