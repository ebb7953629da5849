<?php
/** WordPress's tables and its administrator, once; their renewal after an update of WordPress. */

declare(strict_types=1);

define('WP_INSTALLING', true);

/** In WordPress's place, which would send a mail. */
function wp_new_blog_notification(): void
{
}

require __DIR__ . '/load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

if (!is_blog_installed() || get_users(['number' => 1]) === []) { // without a user it was interrupted
    $password = setting('WORDPRESS_ADMIN_PASSWORD');
    if ($password === '') {
        problem('WORDPRESS_ADMIN_PASSWORD is not set: the site needs an administrator');
        exit(1);
    }
    wp_install('Tubepulse', 'admin', 'admin@tubepulse.invalid', false, '', $password);
    foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $sample) {
        wp_delete_post($sample->ID, true);
    }
    changed('WordPress ' . wp_get_wp_version() . ' installed');
} elseif ((int) get_option('db_version') !== $GLOBALS['wp_db_version']) {
    wp_upgrade();
    changed('WordPress renewed to ' . wp_get_wp_version());
}
