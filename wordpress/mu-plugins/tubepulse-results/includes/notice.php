<?php
/** What wp-admin tells those who may activate plugins. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const DISMISSED = 'tubepulse_wpdatatables_notice_dismissed'; // a user's own

function show_notices(): void
{
    if (!current_user_can('activate_plugins')) {
        return;
    }
    if (!extension_loaded('pdo_pgsql')) {
        echo '<div class="notice notice-error"><p><strong>Tubepulse</strong> reads PostgreSQL, and this server’s PHP ',
            'cannot: its extension <code>pdo_pgsql</code> is missing. Ask your host for it (Debian’s package is ',
            'php-pgsql).</p></div>';
    }
    if (!wpdatatables_active() && !get_user_meta(get_current_user_id(), DISMISSED, true)) {
        $dismiss = wp_nonce_url(admin_url('admin-post.php?action=tubepulse_dismiss'), 'tubepulse_dismiss');
        echo '<div class="notice notice-info"><p><strong>Tubepulse</strong> shows its own tables and charts. With ',
            'the plugin wpDataTables (its free edition is enough) they become ones that an editor can change. ',
            wp_kses(how_to_add_wpdatatables(), ['code' => [], 'a' => ['href' => []]]),
            ' <a href="', esc_url($dismiss), '">Do not show this again</a></p></div>';
    }
}

function how_to_add_wpdatatables(): string
{
    if (wp_is_file_mod_allowed('tubepulse')) {
        $plugins = esc_url(admin_url('plugin-install.php?s=wpdatatables&tab=search'));
        $settings = esc_url(settings_url());
        return "Install and activate it on the <a href=\"$plugins\">Plugins</a> page, then press “Add the pages” in "
            . "<a href=\"$settings\">Settings</a>.";
    }
    return 'Put its zip into the project’s folder <code>wordpress/plugins</code>, set <code>WPDATATABLES=on</code> in '
        . '<code>.env</code>, and run <code>make up</code>.';
}

function dismiss_notice(): void
{
    check_admin_referer('tubepulse_dismiss');
    update_user_meta(get_current_user_id(), DISMISSED, 1);
    wp_safe_redirect(wp_get_referer() ?: admin_url());
    exit;
}
