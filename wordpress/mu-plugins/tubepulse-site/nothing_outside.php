<?php
/** What WordPress would ask other hosts for, or link to, on its own: emoji, embeds, avatars, news, updates. */

declare(strict_types=1);

namespace Tubepulse\Site;

defined('ABSPATH') || exit;

add_action('init', __NAMESPACE__ . '\drop_emoji');
add_action('init', __NAMESPACE__ . '\drop_links_in_head');
add_action('wp_dashboard_setup', __NAMESPACE__ . '\drop_news', 20);
add_filter('pre_get_avatar_data', static fn (array $avatar): array => ['url' => ''] + $avatar); // they are Gravatar's
add_filter('default_user_metadata', __NAMESPACE__ . '\skip_editor_tour', 10, 3);
add_filter('pre_option_use_smilies', static fn (): string => '0'); // text stays text
foreach (['core', 'plugins', 'themes'] as $what) {
    // Asked a moment ago: nothing new. Without this wp-admin tries again on every page, and logs that it cannot
    add_filter("pre_site_transient_update_$what", static fn (): object => (object) [
        'last_checked' => time(),
        'version_checked' => wp_get_wp_version(),
        'updates' => [],
        'response' => [],
        'checked' => [],
    ]);
}

/** The block editor greets whoever has no preferences yet with pictures of WordPress.org's. */
function skip_editor_tour(mixed $value, int $user, string $key): mixed
{
    global $wpdb;
    return $key === $wpdb->get_blog_prefix() . 'persisted_preferences'
        ? ['core/edit-post' => ['welcomeGuide' => false], '_modified' => gmdate('c')]
        : $value;
}

function drop_emoji(): void
{
    remove_action('wp_head', 'print_emoji_detection_script', 7);
    remove_action('admin_print_scripts', 'print_emoji_detection_script');
    remove_action('embed_head', 'print_emoji_detection_script');
    remove_action('wp_print_styles', 'print_emoji_styles');
    remove_action('admin_print_styles', 'print_emoji_styles');
    remove_filter('the_content_feed', 'wp_staticize_emoji');
    remove_filter('wp_mail', 'wp_staticize_emoji_for_email');
    add_filter('emoji_svg_url', '__return_false');
}

function drop_links_in_head(): void
{
    remove_action('wp_head', 'rsd_link');
    remove_action('wp_head', 'wp_generator');
    remove_action('wp_head', 'wp_shortlink_wp_head');
    remove_action('template_redirect', 'wp_shortlink_header', 11);
    remove_action('wp_head', 'feed_links', 2);
    remove_action('wp_head', 'feed_links_extra', 3);
    remove_action('wp_head', 'rest_output_link_wp_head');
    remove_action('template_redirect', 'rest_output_link_header', 11);
    remove_action('wp_head', 'wp_oembed_add_discovery_links');
    remove_action('wp_head', 'wp_oembed_add_host_js');
    remove_action('rest_api_init', 'wp_oembed_register_route');
}

function drop_news(): void
{
    remove_meta_box('dashboard_primary', 'dashboard', 'side');
    // It calls WordPress.org, and the site itself by an address that a container does not have
    remove_meta_box('dashboard_site_health', 'dashboard', 'normal');
    remove_action('welcome_panel', 'wp_welcome_panel');
}
