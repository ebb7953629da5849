<?php
/**
 * WordPress's settings, all of them from the environment, by the official image's contract:
 *   WORDPRESS_DB_HOST, _DB_USER, _DB_PASSWORD, _DB_NAME, _DB_CHARSET, _DB_COLLATE, _TABLE_PREFIX, _DEBUG
 *   WORDPRESS_AUTH_KEY … WORDPRESS_NONCE_SALT   the eight keys and salts
 * and beyond it:
 *   WORDPRESS_SECRET_KEY   what those keys and salts that are not given are derived from
 *   WORDPRESS_URL          the site's address, as a browser sees it
 *   WORDPRESS_LOCKED=1     no change of code from wp-admin, no updates, no calls to the outside; pages are cached
 *   TUBEPULSE_DB_HOST, _PORT, _NAME, _USER, _PASSWORD, _SSLMODE, _SSLROOTCERT   the results, for our plugin
 * Each may be given as NAME_FILE instead, the path of a file that holds it.
 */

(static function (): void {
    /** A setting of the environment; null where it is not given, or empty. */
    $setting = static function (string $name): ?string {
        $file = (string) getenv("{$name}_FILE");
        if ($file !== '') {
            $content = @file_get_contents($file);
            if ($content === false) {
                error_log("wp-config.php: {$name}_FILE: cannot read $file");
                http_response_code(500);
                exit(1);
            }
            return rtrim($content, "\r\n");
        }
        $value = (string) getenv($name);
        return $value === '' ? null : $value;
    };

    define('DB_HOST', $setting('WORDPRESS_DB_HOST') ?? 'mysql');
    define('DB_USER', $setting('WORDPRESS_DB_USER') ?? 'wordpress');
    define('DB_PASSWORD', $setting('WORDPRESS_DB_PASSWORD') ?? '');
    define('DB_NAME', $setting('WORDPRESS_DB_NAME') ?? 'wordpress');
    define('DB_CHARSET', $setting('WORDPRESS_DB_CHARSET') ?? 'utf8mb4');
    define('DB_COLLATE', $setting('WORDPRESS_DB_COLLATE') ?? '');
    $GLOBALS['table_prefix'] = $setting('WORDPRESS_TABLE_PREFIX') ?? 'wp_';

    // Errors go to the log, never into a page
    define('WP_DEBUG', (bool) $setting('WORDPRESS_DEBUG'));
    define('WP_DEBUG_DISPLAY', false);

    $secret = $setting('WORDPRESS_SECRET_KEY');
    foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $use) {
        foreach (["{$use}_KEY", "{$use}_SALT"] as $name) {
            $value = $setting("WORDPRESS_$name") ?? ($secret === null ? null : hash_hmac('sha256', $name, $secret));
            if ($value !== null) { // else WordPress makes it up, and keeps it in its database
                define($name, $value);
            }
        }
    }

    $url = $setting('WORDPRESS_URL');
    if ($url !== null) {
        define('WP_HOME', rtrim($url, '/'));
        define('WP_SITEURL', rtrim($url, '/'));
    }

    // The plugins' folder is the server's to write although WordPress itself is not: no FTP for that
    define('FS_METHOD', 'direct');

    if ($setting('WORDPRESS_LOCKED') === '1') {
        define('DISALLOW_FILE_EDIT', true);
        define('DISALLOW_FILE_MODS', true);
        define('AUTOMATIC_UPDATER_DISABLED', true);
        define('WP_AUTO_UPDATE_CORE', false);
        define('WP_HTTP_BLOCK_EXTERNAL', true);
        define('DISABLE_WP_CRON', true);
        define('WP_CACHE', true); // wp-content/advanced-cache.php
    }

    foreach (['HOST', 'PORT', 'NAME', 'USER', 'PASSWORD', 'SSLMODE', 'SSLROOTCERT'] as $name) {
        $value = $setting("TUBEPULSE_DB_$name");
        if ($value !== null) {
            define("TUBEPULSE_DB_$name", $value);
        }
    }
})();

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
