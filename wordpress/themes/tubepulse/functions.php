<?php
/** The theme of the stack's own site: one column for any page, no parent theme, nothing from outside. */

declare(strict_types=1);

namespace Tubepulse\Theme;

defined('ABSPATH') || exit;

add_action('after_setup_theme', __NAMESPACE__ . '\set_up');
add_action('wp_enqueue_scripts', __NAMESPACE__ . '\enqueue_style');
// Only the styles of the blocks that a page has
add_filter('should_load_separate_core_block_assets', '__return_true');

function set_up(): void
{
    add_theme_support('title-tag');
    add_theme_support('html5', ['search-form', 'gallery', 'caption', 'style', 'script']);
    add_theme_support('responsive-embeds');
    add_theme_support('editor-styles');
    add_editor_style('style.css');
    register_nav_menu('main', 'Header: all pages, unless there is a menu for it');
}

function enqueue_style(): void
{
    $version = hash_file('xxh32', get_stylesheet_directory() . '/style.css');
    wp_enqueue_style('tubepulse-theme', get_stylesheet_uri(), [], $version);
}

/** The header's links: the menu that an editor made for it, else all pages in their order. */
function navigation(): void
{
    if (has_nav_menu('main')) {
        wp_nav_menu(['theme_location' => 'main', 'container' => false, 'depth' => 1]);
    } else {
        echo '<ul>';
        wp_list_pages(['title_li' => '', 'depth' => 1, 'sort_column' => 'menu_order, ID']);
        echo '</ul>';
    }
}

/** What a page is called at its top. On the front page that is what the site says it is. */
function headline(): string
{
    return match (true) {
        is_front_page() && get_bloginfo('description') !== '' => get_bloginfo('description'),
        is_singular() => single_post_title('', false),
        is_search() => 'Search: ' . get_search_query(),
        is_archive() => get_the_archive_title(),
        default => get_bloginfo('name'),
    };
}
