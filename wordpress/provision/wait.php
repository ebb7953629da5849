<?php
/** Waits until MariaDB lets WordPress in. */

declare(strict_types=1);

const PATIENCE_SECONDS = 90;

define('ABSPATH', __DIR__ . '/settings-only/');
require '/var/www/html/wp-config.php';

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
[$host, $port] = explode(':', DB_HOST, 2) + [1 => '3306'];
$deadline = time() + PATIENCE_SECONDS;
while (true) {
    try {
        $database = mysqli_init();
        $database->options(MYSQLI_OPT_CONNECT_TIMEOUT, 5);
        $database->real_connect($host, DB_USER, DB_PASSWORD, DB_NAME, (int) $port);
        exit(0);
    } catch (mysqli_sql_exception $error) {
        if (time() >= $deadline) {
            fwrite(STDERR, 'MariaDB at ' . DB_HOST . ' does not let ' . DB_USER . " in: {$error->getMessage()}\n");
            exit(1);
        }
        usleep(500_000);
    }
}
