<?php
/**
 * WordPress's place for a page cache, loaded before all else where WP_CACHE is set: a page that strangers see is made
 * once in five seconds, however many of them ask, and while it is made anew the others get the last one. Whoever has
 * a cookie, sends a form or reloads gets a page of their own. Kept in the container's /tmp, so a restart forgets it.
 */

declare(strict_types=1);

namespace Tubepulse\PageCache;

defined('ABSPATH') || exit;

const FOLDER = '/tmp/tubepulse-pages';
const FRESH_SECONDS = 5;
const LONGEST_SECONDS = 60; // an older page is shown to nobody, whatever happened to its successor
const MOST_PAGES = 64; // a site's pages, not an attacker's addresses

if (may_be_shared()) {
    serve(file_of_page());
    ob_start(static fn (string $html): string => kept(file_of_page(), $html));
}

/** Whether anybody else would get the same answer. */
function may_be_shared(): bool
{
    $asked = strtolower(($_SERVER['HTTP_CACHE_CONTROL'] ?? '') . ' ' . ($_SERVER['HTTP_PRAGMA'] ?? ''));
    return PHP_SAPI !== 'cli' && defined('WP_HOME') && "http://$_SERVER[HTTP_HOST]" === WP_HOME
        && $_SERVER['REQUEST_METHOD'] === 'GET' && $_SERVER['QUERY_STRING'] === ''
        && $_COOKIE === [] && ($_SERVER['HTTP_AUTHORIZATION'] ?? '') === ''
        && !str_contains($asked, 'no-cache') && !str_contains($asked, 'max-age=0');
}

function file_of_page(): string
{
    return FOLDER . '/' . hash('sha256', $_SERVER['REQUEST_URI']);
}

/** Answer with the page, and end; or return, and it is this request's to make. */
function serve(string $file): void
{
    $touched = @filemtime($file);
    $page = $touched === false ? false : @unserialize((string) @file_get_contents($file), ['allowed_classes' => false]);
    $age = is_array($page) ? time() - $page['made'] : -1;
    if ($age < 0 || $age > LONGEST_SECONDS) {
        return;
    }
    if (time() - $touched > FRESH_SECONDS || $touched > time()) {
        touch($file); // the next ones get this page until its successor is there
        return;
    }
    $nonce = base64_encode(random_bytes(18)); // a script that was slipped into a page cannot know it
    foreach ($page['headers'] as $header) {
        header(str_replace($page['nonce'], $nonce, $header));
    }
    header("Age: $age");
    echo str_replace($page['nonce'], $nonce, $page['html']);
    exit;
}

/** The page as it goes to who asked for it, kept for others if it is one that all may see. */
function kept(string $file, string $html): string
{
    $headers = headers_list();
    $public = http_response_code() === 200 && str_ends_with(rtrim($html), '</html>')
        && function_exists('is_page') && \is_page() && !\is_user_logged_in() && !\post_password_required()
        && preg_grep('/^(Set-Cookie|Cache-Control):/i', $headers) === [];
    $policy = implode("\n", preg_grep('/^Content-Security-Policy:/i', $headers));
    if (!$public || !preg_match("/'nonce-([^']+)'/", $policy, $found)) {
        if (http_response_code() < 500) {
            @unlink($file); // withdrawn, or no longer for everybody
        }
        return $html;
    }
    if (!is_dir(FOLDER)) {
        @mkdir(FOLDER, 0700);
    }
    if (is_file($file) || has_room()) {
        $page = ['made' => time(), 'nonce' => $found[1], 'headers' => $headers, 'html' => $html];
        $new = $file . '.' . getmypid();
        if (@file_put_contents($new, serialize($page)) === false || !rename($new, $file)) {
            @unlink($new);
        }
    }
    return $html;
}

/** Whether one more page may be kept; those that nobody is shown any more go. */
function has_room(): bool
{
    $files = glob(FOLDER . '/*') ?: [];
    $old = array_filter($files, static fn (string $file): bool => time() - (int) @filemtime($file) > LONGEST_SECONDS);
    array_map(static fn (string $file): bool => @unlink($file), $old);
    return count($files) - count($old) < MOST_PAGES;
}
