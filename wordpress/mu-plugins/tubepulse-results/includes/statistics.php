<?php
/** What the pages say of all stations together. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/**
 * Pearson's r of (x, y) pairs; null for fewer than three, or where one side does not vary.
 *
 * @param list<array{float, float}> $pairs
 */
function pearson(array $pairs): ?float
{
    $number = count($pairs);
    if ($number < 3) {
        return null;
    }
    $x_mean = array_sum(array_column($pairs, 0)) / $number;
    $y_mean = array_sum(array_column($pairs, 1)) / $number;
    $xx = $yy = $xy = 0.0;
    foreach ($pairs as [$x, $y]) {
        $xx += ($x - $x_mean) ** 2;
        $yy += ($y - $y_mean) ** 2;
        $xy += ($x - $x_mean) * ($y - $y_mean);
    }
    return $xx > 0 && $yy > 0 ? $xy / sqrt($xx * $yy) : null;
}

/**
 * The mean of (value, weight) pairs; null where all weights are 0.
 *
 * @param list<array{float, int}> $pairs
 */
function weighted_mean(array $pairs): ?float
{
    $weight = array_sum(array_column($pairs, 1));
    $sum = array_sum(array_map(static fn (array $pair): float => $pair[0] * $pair[1], $pairs));
    return $weight > 0 ? $sum / $weight : null;
}
