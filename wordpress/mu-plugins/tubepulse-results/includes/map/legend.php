<?php
/** What the map's colours and sizes mean. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

function map_legend(MapView $map, float $step): string
{
    return '<div class="tubepulse-legend">' . mood_scale($step) . size_scale($map) . '</div>';
}

function mood_scale(float $step): string
{
    $decimals = fmod(round($step * 100), 10) == 0 ? 1 : 2;
    $classes = '';
    for ($class = -HALF_CLASSES; $class <= HALF_CLASSES; $class++) {
        $beyond = match ($class) {
            -HALF_CLASSES => '≤ ',
            HALF_CLASSES => '≥ ',
            default => '',
        };
        $classes .= "<li><i class=\"m$class\"></i><span>$beyond" . signed($class * $step, $decimals) . '</span></li>';
    }
    $id = wp_unique_id('tubepulse-scale-');
    return "<div><p id=\"$id\">Mean mood of the week’s tweets</p>"
        . "<ol class=\"mood-scale\" aria-labelledby=\"$id\">$classes</ol></div>";
}

/** Dots as large as on the map: the drawing is as wide as the map and in its units, so both shrink and grow alike. */
function size_scale(MapView $map): string
{
    $most = max(array_map(static fn (Dot $dot): int => $dot->row['week_tweets'], $map->dots));
    $examples = size_examples($most);
    $dots = '';
    foreach ([...$examples, 0] as $place => $tweets) {
        [$class, $text] = $tweets ? ['m0', number_format($tweets)] : ['none', 'none'];
        [$number, $x, $r] = [$place + 1, 24 + 84 * $place, px(dot_radius($tweets, $map->area_factor))];
        $dots .= "<g class=\"size$number\" transform=\"translate($x 22)\"><circle class=\"dot $class\" r=\"$r\"/>"
            . "<text x=\"24\" y=\"5\">$text</text></g>";
    }
    $told = 'Dot sizes: ' . implode(', ', [...array_map(number_format(...), $examples), 'no']) . ' tweets';
    $width = px(MAP_WIDTH);
    return "<div class=\"sizes\"><p>Tweets of the week</p>"
        . "<svg viewBox=\"0 0 $width 44\" role=\"img\" aria-label=\"$told\">$dots</svg></div>";
}

/**
 * Up to three round numbers, the greatest not above `most`: 2, 10, 50 for 83.
 *
 * @return list<int>
 */
function size_examples(int $most): array
{
    $fitting = [];
    for ($power = 1; $power <= $most; $power *= 10) {
        $round = [$power, 2 * $power, 5 * $power];
        array_push($fitting, ...array_filter($round, static fn (int $size): bool => $size <= $most));
    }
    $chosen = [];
    for ($place = count($fitting) - 1; $place >= 0 && count($chosen) < 3; $place -= 2) {
        array_unshift($chosen, $fitting[$place]);
    }
    return $chosen;
}
