<?php
/** What strangers need not have: XML-RPC, names of users, comments, feeds. */

declare(strict_types=1);

namespace Tubepulse\Site;

defined('ABSPATH') || exit;

add_filter('xmlrpc_enabled', '__return_false');
add_filter('xmlrpc_methods', '__return_empty_array');
add_filter('wp_headers', static fn (array $headers): array => array_diff_key($headers, ['X-Pingback' => '']));

add_filter('rest_endpoints', __NAMESPACE__ . '\hide_users');
add_filter('request', __NAMESPACE__ . '\hide_author_pages');
add_filter('wp_sitemaps_add_provider', __NAMESPACE__ . '\hide_user_sitemap', 10, 2);
add_filter('login_errors', __NAMESPACE__ . '\tell_nothing_of_names');

add_filter('comments_open', '__return_false', 20);
add_filter('pings_open', '__return_false', 20);
add_filter('comments_array', '__return_empty_array', 20);
add_action('init', __NAMESPACE__ . '\drop_comments', 100);
add_action('admin_menu', static fn (): mixed => remove_menu_page('edit-comments.php'));
add_action('admin_bar_menu', static fn (\WP_Admin_Bar $bar): mixed => $bar->remove_node('comments'), 100);

/** @param array<string, mixed> $endpoints of the REST API */
function hide_users(array $endpoints): array
{
    if (is_user_logged_in()) {
        return $endpoints;
    }
    return array_filter(
        $endpoints,
        static fn (string $route): bool => !preg_match('#^/wp/v2/(users|comments)\b#', $route),
        ARRAY_FILTER_USE_KEY,
    );
}

/** Author pages name their users, feeds name the author of each item: neither is here. */
function hide_author_pages(array $variables): array
{
    $page = !is_admin() && !isset($variables['rest_route']);
    return $page && array_intersect_key($variables, ['author' => 0, 'author_name' => 0, 'feed' => 0, 'withcomments' => 0])
        ? ['error' => '404']
        : $variables;
}

function hide_user_sitemap(mixed $provider, string $name): mixed
{
    return $name === 'users' ? false : $provider;
}

/** Whether it was the name, the address or the password that is wrong is nobody's business. */
function tell_nothing_of_names(string $problem): string
{
    global $errors;
    $telling = ['invalid_username', 'invalid_email', 'incorrect_password', 'invalidcombo'];
    return $errors instanceof \WP_Error && array_intersect($errors->get_error_codes(), $telling) !== []
        ? 'User name and password do not match.'
        : $problem;
}

function drop_comments(): void
{
    foreach (get_post_types() as $type) {
        remove_post_type_support($type, 'comments');
        remove_post_type_support($type, 'trackbacks');
    }
}
