<?php
/** The content security policy: no host but this one, and on the site's pages no inline script but WordPress's own. */

declare(strict_types=1);

namespace Tubepulse\Site;

defined('ABSPATH') || exit;

add_action('init', __NAMESPACE__ . '\send_policy', 0);
add_filter('wp_script_attributes', __NAMESPACE__ . '\add_nonce');
add_filter('wp_inline_script_attributes', __NAMESPACE__ . '\add_nonce');
add_filter('do_shortcode_tag', __NAMESPACE__ . '\trust_chart', 10, 2);

function send_policy(): void
{
    if (!headers_sent()) {
        header('Content-Security-Policy: ' . (is_admin() || is_login() ? admin_policy() : page_policy()));
    }
}

function page_policy(): string
{
    return policy([
        'script-src' => "'self' 'nonce-" . nonce() . "'",
        'img-src' => "'self' data:",
    ]);
}

/** wp-admin has scripts and handlers in its HTML, compiles templates (underscore), and edits in a frame of its own. */
function admin_policy(): string
{
    return policy([
        'script-src' => "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        'img-src' => "'self' data: blob:",
        'media-src' => "'self' data: blob:",
        'connect-src' => "'self' data: blob:",
        'frame-src' => "'self' blob:",
        'worker-src' => "'self' blob:",
    ]);
}

/** @param array<string, string> $more */
function policy(array $more): string
{
    $directives = $more + [
        'default-src' => "'self'",
        // WordPress prints the styles of blocks and themes inline, and style attributes cannot have a nonce
        'style-src' => "'self' 'unsafe-inline'",
        'font-src' => "'self' data:",
        'object-src' => "'none'",
        'base-uri' => "'self'",
        'form-action' => "'self'",
        'frame-ancestors' => "'self'",
    ];
    return implode('; ', array_map(
        static fn (string $name, string $sources): string => "$name $sources",
        array_keys($directives),
        $directives,
    ));
}

/** One a request. */
function nonce(): string
{
    static $nonce = null;
    return $nonce ??= base64_encode(random_bytes(18));
}

/** @param array<string, string|bool> $attributes of a script that WordPress prints */
function add_nonce(array $attributes): array
{
    return ['nonce' => nonce()] + $attributes;
}

/** wpDataTables writes a chart's data into the page as a script. Its tables' HTML, with cells from outside, has none. */
function trust_chart(string $html, string $shortcode): string
{
    if ($shortcode !== 'wpdatachart') {
        return $html;
    }
    $tags = new \WP_HTML_Tag_Processor($html);
    while ($tags->next_tag('script')) {
        $tags->set_attribute('nonce', nonce());
    }
    return $tags->get_updated_html();
}
