<?php
/** WordPress's options: set once and then an administrator's, as pages are an editor's. */

declare(strict_types=1);

const OPTIONS_RECORD = 'tubepulse_options'; // name => the value that was set

/**
 * @param array<string, string> $wanted
 * @return list<string> what was done, one sentence each
 */
function provision_options(array $wanted): array
{
    $known = get_option(OPTIONS_RECORD, []);
    $done = [];
    foreach ($wanted as $name => $value) {
        $record = $known[$name] ?? null;
        if ($record === $value || ($record !== null && (string) get_option($name) !== $record)) {
            continue; // as it should be, or an administrator's
        }
        update_option($name, $value);
        $known[$name] = $value;
        $done[] = "option $name: $value";
    }
    if ($done !== []) {
        update_option(OPTIONS_RECORD, $known, false);
    }
    return $done;
}
