<?php
/**
 * What WordPress's database remembers of the feeds: each feed's last good rows, for ever; what failed last, for an
 * hour; and who asks PostgreSQL just now.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const KEPT_OPTION = 'tubepulse_feed_'; // and the feed's name
const FAILURE_TRANSIENT = 'tubepulse_failure_';

/**
 * Rows of a feed, and when they were read. Rows of a plugin version with other columns count as never read.
 *
 * @return ?array{rows: list<array<string, string|int|float|null>>, read_at: int, current: bool}
 */
function kept_rows(Feed $feed): ?array
{
    $kept = get_option(KEPT_OPTION . $feed->name);
    if (!is_array($kept) || !is_array($kept['rows'] ?? null)) {
        return null;
    }
    $current = ($kept['columns'] ?? '') === $feed->fingerprint();
    return [
        'rows' => $current ? $kept['rows'] : $feed->typed($kept['rows']),
        'read_at' => (int) ($kept['read_at'] ?? 0),
        'current' => $current,
    ];
}

function keep_rows(Feed $feed, array $rows): void
{
    $kept = ['rows' => $rows, 'read_at' => time(), 'columns' => $feed->fingerprint()];
    update_option(KEPT_OPTION . $feed->name, $kept, false);
}

/** As another request may have left it since this one looked. */
function forget_what_this_request_saw(Feed $feed): void
{
    $seen = [KEPT_OPTION . $feed->name];
    foreach (['connection', $feed->name] as $what) {
        array_push($seen, '_transient_' . FAILURE_TRANSIENT . $what, '_transient_timeout_' . FAILURE_TRANSIENT . $what);
    }
    wp_cache_delete_multiple([...$seen, 'notoptions'], 'options');
}

/**
 * The last failure, of the connection or of the feed itself.
 *
 * @return ?array{at: int, problem: string}
 */
function last_failure(Feed $feed): ?array
{
    $last = null;
    foreach (['connection', $feed->name] as $what) {
        $failure = get_transient(FAILURE_TRANSIENT . $what);
        if (is_array($failure) && isset($failure['at'], $failure['problem']) && $failure['at'] > ($last['at'] ?? 0)) {
            $last = $failure;
        }
    }
    return $last;
}

/** @param string $what 'connection', which all feeds share, or a feed's name */
function remember_failure(string $what, string $problem): void
{
    set_transient(FAILURE_TRANSIENT . $what, ['at' => time(), 'problem' => $problem], HOUR_IN_SECONDS);
}

function forget_failures(Feed $feed): void
{
    delete_transient(FAILURE_TRANSIENT . 'connection');
    delete_transient(FAILURE_TRANSIENT . $feed->name);
}

/** All rows: they are another database's once the connection has changed. */
function forget_rows(): void
{
    foreach (feeds() as $feed) {
        delete_option(KEPT_OPTION . $feed->name);
    }
}

/**
 * Become the one request that asks PostgreSQL for a feed. MySQL's own lock: it goes with the request, whatever ends it.
 *
 * @return bool false: after so many seconds it is still another request's turn
 */
function lock_feed(Feed $feed, int $wait_seconds): bool
{
    global $wpdb;
    $shown = $wpdb->suppress_errors(); // a database without such locks answers null
    $answer = $wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', lock_name($feed), $wait_seconds));
    $wpdb->suppress_errors($shown);
    return $answer !== '0';
}

function unlock_feed(Feed $feed): void
{
    global $wpdb;
    $shown = $wpdb->suppress_errors();
    $wpdb->query($wpdb->prepare('SELECT RELEASE_LOCK(%s)', lock_name($feed)));
    $wpdb->suppress_errors($shown);
}

function lock_name(Feed $feed): string
{
    global $wpdb;
    // The server's, whoever's site it is; and of 64 characters at most
    return 'tubepulse_' . md5(DB_NAME . $wpdb->prefix . $feed->name);
}
