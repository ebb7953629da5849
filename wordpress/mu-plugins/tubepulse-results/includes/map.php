<?php
/** [tubepulse_map]: London's stations by mood and tweets, or part="centre", the same of its middle enlarged. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

require_once __DIR__ . '/map/projection.php';
require_once __DIR__ . '/map/zones.php';
require_once __DIR__ . '/map/labels.php';
require_once __DIR__ . '/map/river.php';
require_once __DIR__ . '/map/view.php';
require_once __DIR__ . '/map/drawing.php';
require_once __DIR__ . '/map/legend.php';

/** @param non-empty-list<array<string, mixed>> $stations rows of station_overview */
function render_map(string $part, array $stations): string
{
    $centre = $part === 'centre';
    $map = $centre ? centre_view($stations) : london_view($stations);
    if ($map === null) {
        return '';
    }
    $step = page_step();
    $title = $centre ? 'Map of central London’s stations' : 'Map of London’s stations';
    $description = count_of(count($map->dots), 'station') . ' at their true relative positions, coloured by the mean mood'
        . ' and sized by the number of their tweets in ' . week_name($stations[0]['week'])
        . '. The table of stations holds the same numbers.';
    return '<figure class="tubepulse tubepulse-map-figure alignwide">'
        . draw_map($map, $title, $description, $step)
        . ($centre ? '' : '<figcaption>' . map_legend($map, $step) . map_hint() . '</figcaption>')
        . "</figure>\n";
}

/** Shown where there are scripts. */
function map_hint(): string
{
    return '<p class="tubepulse-hint" hidden>Point at a dot, or tap it; with the keyboard, focus a map and use the arrow'
        . ' keys.</p>';
}
