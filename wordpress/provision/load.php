<?php
/** Loads WordPress on the command line; with WP_INSTALLING defined, without its plugins. */

declare(strict_types=1);

define('WP_DISABLE_FATAL_ERROR_HANDLER', true); // its page would say less than PHP's own message
$_SERVER['HTTP_HOST'] = 'localhost';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require '/var/www/html/wp-load.php';

// WordPress tries itself over HTTP at times: nobody listens yet
add_filter('pre_http_request', static fn () => new WP_Error('provisioning', 'No calls while the site is provisioned.'));

// Its page would be an answer to a browser, and a success to the shell
add_filter('wp_die_handler', static fn () => static function (mixed $message): never {
    problem(trim(strip_tags($message instanceof WP_Error ? $message->get_error_message() : (string) $message)));
    exit(1);
});

function changed(string $what): void
{
    echo "$what\n";
}

/** Something optional is missing or broken. */
function problem(string $what): void
{
    fwrite(STDERR, "provision: $what\n");
}

/** A setting of the environment, or of the file that NAME_FILE names. */
function setting(string $name): string
{
    $file = (string) getenv("{$name}_FILE");
    if ($file === '') {
        return (string) getenv($name);
    }
    $content = file_get_contents($file);
    return $content === false ? exit(1) : rtrim($content, "\r\n");
}
