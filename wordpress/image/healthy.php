#!/usr/bin/env -S php -n
<?php
/**
 * Health check: whether WordPress answers, by Apache, PHP and its own database. PostgreSQL has no part in it: without
 * it pages show the last results. robots.txt is a page that WordPress makes with no theme, and under this address
 * whatever the permalinks are. It is asked for by the site's own name: visitors of another one are sent there.
 */

declare(strict_types=1);

$options = ['timeout' => 4, 'follow_location' => 0, 'ignore_errors' => true, 'user_agent' => 'tubepulse-health'];
$site = parse_url((string) getenv('WORDPRESS_URL'));
if (isset($site['host'])) {
    $options['header'] = "Host: {$site['host']}" . (isset($site['port']) ? ":{$site['port']}" : '');
}
$context = stream_context_create(['http' => $options]);
$body = @file_get_contents('http://127.0.0.1:8080/?robots=1', false, $context);
if ($body === false) {
    echo "Apache does not answer\n";
    exit(1);
}
$status = $http_response_header[0];
if (!str_contains($status, ' 200 ') || !str_contains($body, 'User-agent')) {
    preg_match('~<title>(.*?)</title>~s', $body, $title);
    echo "WordPress answers $status ", $title[1] ?? '', "\n";
    exit(1);
}
