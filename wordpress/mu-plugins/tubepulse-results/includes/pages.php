<?php
/** The four pages, whose content is in pages/. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const PAGES = ['stations' => 'Stations', 'topics' => 'Topics', 'map' => 'Map', 'about-the-data' => 'About the data'];
const PAGES_OPTION = 'tubepulse_pages';

function provision_pages(Outcome $outcome): void
{
    foreach (PAGES as $slug => $title) {
        $page = [
            'post_title' => $title,
            'post_content' => trim(file_get_contents(dirname(__DIR__) . "/pages/$slug.html")),
        ];
        $save = static fn (?int $id): int => save_page($id, $slug, $page);
        provision($outcome, "page $title", PAGES_OPTION, $slug, $page, page_fingerprint(...), $save);
    }
}

function page_id(string $slug): ?int
{
    return provisioned_id(PAGES_OPTION, $slug, page_fingerprint(...));
}

/** @param ?int $id null: a new one */
function save_page(?int $id, string $slug, array $page): int
{
    $page = wp_slash($page);
    $saved = $id !== null ? wp_update_post(['ID' => $id] + $page, true) : wp_insert_post($page + [
        'post_type' => 'page',
        'post_status' => 'publish',
        'post_name' => $slug,
        'comment_status' => 'closed',
        'ping_status' => 'closed',
    ], true);
    return is_wp_error($saved) ? throw new \RuntimeException($saved->get_error_message()) : $saved;
}

/** Null where the page is gone or in the bin. */
function page_fingerprint(int $id): ?string
{
    $page = get_post($id);
    return $page === null || $page->post_status === 'trash' ? null : md5("$page->post_title\n$page->post_content");
}
