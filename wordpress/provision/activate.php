<?php
/** Activates the plugin that the first argument names ("folder/file.php"); the exit code says whether it runs. */

declare(strict_types=1);

require __DIR__ . '/load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

$failed = activate_plugin($argv[1]);
if (is_wp_error($failed)) {
    echo $failed->get_error_message(), "\n";
    exit(1);
}
