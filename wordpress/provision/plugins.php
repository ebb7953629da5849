<?php
/**
 * wpDataTables from the zip in /opt/tubepulse/plugins: unpacked when it is a new one, activated once, so that an
 * administrator may deactivate it; WPDATATABLES=off deactivates it. A zip that is no good leaves what is there.
 */

declare(strict_types=1);

define('WP_INSTALLING', true); // without plugins: a broken one shall not stop the one who could put it right
require __DIR__ . '/load.php';
require __DIR__ . '/unpack.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

const ZIPS = '/opt/tubepulse/plugins';
const PLUGIN = 'wpdatatables/wpdatatables.php';
const STAMP = WP_PLUGIN_DIR . '/.wpdatatables-zip'; // hash of the zip that is unpacked
const ACTIVATED = 'tubepulse_activated_zip'; // hash of the one that was activated last

if (getenv('WPDATATABLES') === 'off') {
    if (is_plugin_active(PLUGIN)) {
        deactivate_plugins(PLUGIN, true);
        changed('wpDataTables deactivated (WPDATATABLES=off)');
    }
    delete_option(ACTIVATED);
    exit;
}

$zip = newest_zip();
if ($zip !== null && stamp() !== hash_file('sha256', $zip)) {
    try {
        $version = unpack_plugin($zip, WP_PLUGIN_DIR, 'wpdatatables');
        file_put_contents(STAMP, hash_file('sha256', $zip));
        changed("wpDataTables $version unpacked from " . basename($zip));
    } catch (BadZip $error) {
        problem(basename($zip) . ": {$error->getMessage()}; put another zip of wpDataTables into wordpress/plugins");
    }
}
if (stamp() !== null && get_option(ACTIVATED) !== stamp()) {
    deactivate_plugins(PLUGIN, true); // in place of an active one, too, the new one is to make its tables
    $error = activation_error(PLUGIN);
    wp_cache_flush(); // what other processes wrote
    if ($error === null) {
        update_option(ACTIVATED, stamp(), false);
        changed('wpDataTables activated');
    } else {
        deactivate_plugins(PLUGIN, true);
        delete_option(ACTIVATED);
        problem("wpDataTables cannot be activated, and the site goes on without it: $error");
    }
}

/**
 * Activate a plugin by a process of its own, with all plugins loaded; and by a second one, which finds it active, and
 * breaks if it breaks pages.
 */
function activation_error(string $plugin): ?string
{
    $command = implode(' ', array_map('escapeshellarg', [PHP_BINARY, __DIR__ . '/activate.php', $plugin]));
    for ($time = 1; $time <= 2; $time++) {
        $said = [];
        exec("$command 2>&1", $said, $status);
        if ($status !== 0) {
            $errors = array_values(preg_grep('/error/i', $said) ?: $said);
            return $errors[0] ?? "PHP ended with code $status";
        }
    }
    return null;
}

/** The user's, the newest where there are several; else the one that `make up` brought. */
function newest_zip(): ?string
{
    $zips = glob(ZIPS . '/*.[zZ][iI][pP]') ?: glob(ZIPS . '/downloaded/*.zip') ?: [];
    usort($zips, static fn (string $a, string $b): int => [filemtime($b), $b] <=> [filemtime($a), $a]);
    if (count($zips) > 1) {
        problem('wordpress/plugins holds ' . count($zips) . ' zips: the newest is taken, ' . basename($zips[0]));
    }
    return $zips[0] ?? null;
}

/** Null where nothing is unpacked. */
function stamp(): ?string
{
    return is_file(STAMP) && is_file(WP_PLUGIN_DIR . '/' . PLUGIN) ? trim((string) file_get_contents(STAMP)) : null;
}
