<?php
/**
 * Content that is made once and then an editor's. What nobody has touched follows a changed definition; what an
 * editor changed stays as it is, and what one deleted stays deleted.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** What came of a provisioning, one sentence each. */
final class Outcome
{
    /** @var list<string> */
    public array $done = [];
    /** @var list<string> */
    public array $problems = [];
}

/**
 * Make a thing, or renew it while nobody has touched it.
 *
 * @param string $option remembers by $key: id, definition and fingerprint of what was made
 * @param \Closure(int): ?string $fingerprint of what is there now, as far as an editor can change it; null: nothing
 * @param \Closure(?int): int $save makes it (null), or renews the one of that id; gives its id
 */
function provision(
    Outcome $outcome,
    string $what,
    string $option,
    string $key,
    array $definition,
    \Closure $fingerprint,
    \Closure $save,
): void {
    global $wpdb;
    $known = get_option($option, []);
    $record = $known[$key] ?? null;
    $wanted = md5(serialize($definition));
    if ($record !== null) {
        $untouched = $fingerprint($record['id']) === $record['fingerprint'];
        if (!$untouched || $record['definition'] === $wanted) {
            return;
        }
    }
    // All or nothing: what is made but not remembered would be made again
    $wpdb->query('START TRANSACTION');
    try {
        $id = $save($record['id'] ?? null);
        // Of what was stored, which WordPress may have filtered
        $known[$key] = ['id' => $id, 'definition' => $wanted, 'fingerprint' => $fingerprint($id)];
        update_option($option, $known, false);
        $wpdb->query('COMMIT');
        $outcome->done[] = "$what: " . ($record === null ? 'made' : 'renewed');
    } catch (\Throwable $error) {
        $wpdb->query('ROLLBACK');
        wp_cache_flush();
        $outcome->problems[] = "$what: cannot be saved: " . one_line($error->getMessage());
    }
}

/** @return ?int null: never made, or not there any more */
function provisioned_id(string $option, string $key, \Closure $fingerprint): ?int
{
    $id = get_option($option)[$key]['id'] ?? null;
    return $id !== null && $fingerprint($id) !== null ? $id : null;
}
