<?php
/** What a visitor is told when there is something wrong with the figures: no host names, no error messages. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const NO_DATA = 'No data yet: the pipeline has not run.';
const NOTHING_EARLIER = ' there are no earlier figures to show. Please try again in a minute.';

/** What is missing where a feed has no rows. */
function nothing_in(string $feed): string
{
    return match ($feed) {
        'vsentiment' => 'No station has both prices and tweets yet.',
        'price_source' => 'No housing prices yet: none have been loaded.',
        default => NO_DATA,
    };
}

/** @param ?int $read_at of the rows that are shown instead; null: there are none */
function sentence(string $problem, ?int $read_at): string
{
    if ($read_at === null) {
        return match ($problem) {
            'not set up' => 'No data yet: this site is not connected to its database.',
            'no extension' => 'No data: this server’s PHP cannot read PostgreSQL.',
            'no views' => NO_DATA,
            'no answer' => 'The database does not answer, and' . NOTHING_EARLIER,
            default => 'The database cannot be reached, and' . NOTHING_EARLIER,
        };
    }
    $away = match ($problem) {
        'not set up' => 'This site is not connected to its database',
        'no extension' => 'This server’s PHP cannot read PostgreSQL',
        'no views' => 'The database has no figures at the moment',
        'no answer' => 'The database does not answer',
        default => 'The database cannot be reached',
    };
    return "$away: these are the figures of " . moment($read_at, time()) . '.';
}

/** "14:03 UTC", with the day where that is another one than now's. */
function moment(int $time, int $now): string
{
    $today = gmdate('Ymd', $time) === gmdate('Ymd', $now);
    return gmdate($today ? 'H:i' : 'j F Y, H:i', $time) . ' UTC';
}
