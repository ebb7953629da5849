<?php
/** What the settings page makes of its form. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/**
 * @param array<string, mixed> $form
 * @param array<string, string> $old
 * @return array<string, string>
 */
function sanitized_settings(array $form, array $old): array
{
    $new = [];
    foreach (CONNECTION_DEFAULTS as $name => $default) {
        $value = $form[$name] ?? $old[$name] ?? $default; // absent: wp-config.php rules, and the field was not a field
        $new[$name] = is_string($value) ? $value : $default;
        if ($name !== 'password') { // whose spaces count
            $new[$name] = sanitize_text_field($new[$name]);
        }
    }
    if ($new['password'] === '') {
        $new['password'] = empty($form['forget_password']) ? (string) ($old['password'] ?? '') : '';
    }
    return $new;
}

/**
 * @param array<string, string> $settings
 * @return list<string> what is wrong with them
 */
function wrong_settings(array $settings): array
{
    $wrong = [];
    foreach (['host' => 'Host', 'name' => 'Database', 'user' => 'User'] as $name => $label) {
        if ($settings[$name] === '') {
            $wrong[] = "$label is empty.";
        }
    }
    foreach (CONNECTION_DEFAULTS as $name => $default) {
        if ($name !== 'password' && preg_match(FORBIDDEN_IN_DSN, $settings[$name])) {
            $wrong[] = FIELDS[$name][0] . ' holds a semicolon or a control character.';
        }
    }
    if ($settings['sslrootcert'] === 'system' && $settings['sslmode'] !== 'verify-full') {
        $wrong[] = 'The system’s certificates serve to verify the server: choose that, or leave the root certificate empty.';
    }
    $ports = ['options' => ['min_range' => 1, 'max_range' => 65535]];
    if (filter_var($settings['port'], FILTER_VALIDATE_INT, $ports) === false) {
        $wrong[] = 'Port is a number from 1 to 65535.';
    }
    if (!in_array($settings['sslmode'], TLS_MODES, true)) {
        $wrong[] = 'TLS is one of ' . implode(', ', TLS_MODES) . '.';
    }
    if ($settings['sslmode'] === 'verify-full' && $settings['sslrootcert'] === '') {
        $wrong[] = 'To verify the server, a root certificate is needed.';
    }
    return $wrong;
}

/**
 * Whether a stored password would go to somebody whom it was not given for.
 *
 * @param array<string, mixed> $form
 * @param array<string, string> $old
 * @param array<string, string> $new
 */
function sends_password_elsewhere(array $form, array $old, array $new): bool
{
    $place = ['host' => '', 'port' => '', 'user' => ''];
    return ($form['password'] ?? '') === '' && $new['password'] !== ''
        && array_intersect_key($old, $place) != array_intersect_key($new, $place);
}

/**
 * Ask for each feed.
 *
 * @return array{bool, list<string>} whether all is well, and what came of it, for an administrator
 */
function tested_connection(): array
{
    $connection = connection();
    if ($connection === null) {
        return [false, ['Host, database or user is missing.']];
    }
    $lines = [];
    $good = true;
    foreach (feeds() as $feed) {
        if ($feed->derive !== null) {
            continue;
        }
        try {
            $lines[] = "$feed->name: " . number_format(count(query($connection, $feed->sql()))) . ' rows.';
        } catch (Unreachable $error) {
            return [false, ["PostgreSQL cannot be reached: {$error->getMessage()}"]];
        } catch (Unreadable $error) {
            $good = false;
            $lines[] = "$feed->name cannot be read: {$error->getMessage()}";
        }
    }
    return [$good, ["Connected to $connection->host as $connection->user.", ...$lines]];
}
