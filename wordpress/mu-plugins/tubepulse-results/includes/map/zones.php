<?php
/** Fare zones on the map: the hull of all stations up to a zone, shaded, with its name on the edge. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const HIGHEST_RING = 6; // zones beyond are a few stations far out
const NAME_ROOM = 26.0; // around the name of a zone, better free of dots

final class Ring
{
    /**
     * @param list<array{float, float}> $points
     * @param ?array{float, float} $label null for the innermost: dots fill it
     */
    public function __construct(
        public readonly int $zone,
        public readonly array $points,
        public readonly ?array $label,
    ) {
    }
}

/**
 * The outermost first; zones that add no station add no ring.
 *
 * @param list<array<string, mixed>> $stations
 * @return list<Ring>
 */
function rings(array $stations, Projection $projection): array
{
    $outlines = [];
    $places = [];
    foreach ($stations as $row) {
        $places[] = ['zone' => $row['zone'], 'point' => $projection->point($row['latitude'], $row['longitude'])];
    }
    for ($zone = 1; $zone <= HIGHEST_RING; $zone++) {
        $inside = array_filter($places, static fn (array $place): bool => $place['zone'] <= $zone);
        $outline = hull(array_column($inside, 'point'));
        if (count($outline) > 2 && !in_array($outline, $outlines, true)) {
            $outlines[$zone] = $outline;
        }
    }
    $labels = ring_labels($outlines, array_column($places, 'point'));
    $rings = [];
    foreach ($outlines as $zone => $outline) {
        $rings[] = new Ring($zone, $outline, $labels[$zone] ?? null);
    }
    return array_reverse($rings);
}

/**
 * Where the names of all rings but the innermost stand: in one direction, the one in which least is in the way.
 *
 * @param array<int, list<array{float, float}>> $outlines
 * @param list<array{float, float}> $places
 * @return array<int, array{float, float}>
 */
function ring_labels(array $outlines, array $places): array
{
    if (count($outlines) < 2) {
        return [];
    }
    $inner = reset($outlines);
    $middle = [array_sum(array_column($inner, 0)) / count($inner), array_sum(array_column($inner, 1)) / count($inner)];
    $outer = array_slice($outlines, 1, preserve_keys: true);
    $best = [];
    $least = INF;
    for ($bearing = 0; $bearing < 360; $bearing += 10) {
        $spots = array_map(static fn (array $outline): array => leaving_point($outline, $middle, deg2rad($bearing)), $outer);
        $hidden = in_the_way(array_values($spots), $places);
        if ($hidden < $least) {
            [$best, $least] = [$spots, $hidden];
        }
    }
    return $best;
}

function in_the_way(array $spots, array $places): int
{
    $hidden = 0;
    foreach ($spots as $order => $spot) {
        [$x, $y] = $spot;
        foreach ($places as [$place_x, $place_y]) {
            if (abs($x - $place_x) < NAME_ROOM && abs($y - $place_y) < NAME_ROOM) {
                $hidden++;
            }
        }
        $next = $spots[$order + 1] ?? null;
        $hidden += $next && hypot($x - $next[0], $y - $next[1]) < NAME_ROOM ? 20 : 0;
    }
    return $hidden;
}

/**
 * The convex hull, by Andrew's monotone chain; fewer than three points come back as they are.
 *
 * @param list<array{float, float}> $points
 * @return list<array{float, float}>
 */
function hull(array $points): array
{
    sort($points);
    if (count($points) < 3) {
        return $points;
    }
    $outline = [];
    foreach ([$points, array_reverse($points)] as $line) {
        $half = [];
        foreach ($line as $point) {
            while (count($half) > 1 && turn($half[count($half) - 2], $half[count($half) - 1], $point) <= 0) {
                array_pop($half);
            }
            $half[] = $point;
        }
        array_pop($half);
        array_push($outline, ...$half);
    }
    return $outline;
}

function turn(array $a, array $b, array $c): float
{
    return ($b[0] - $a[0]) * ($c[1] - $a[1]) - ($b[1] - $a[1]) * ($c[0] - $a[0]);
}

/** Where a ray from a point inside leaves a convex outline; the start itself where it never does. */
function leaving_point(array $outline, array $start, float $bearing): array
{
    [$dx, $dy] = [cos($bearing), sin($bearing)];
    $farthest = 0.0;
    foreach ($outline as $corner => [$ax, $ay]) {
        [$bx, $by] = $outline[($corner + 1) % count($outline)];
        $across = $dx * ($by - $ay) - $dy * ($bx - $ax);
        if ($across != 0) {
            $along = (($ax - $start[0]) * ($by - $ay) - ($ay - $start[1]) * ($bx - $ax)) / $across;
            $part = (($ax - $start[0]) * $dy - ($ay - $start[1]) * $dx) / $across;
            if ($along > $farthest && $part >= 0 && $part <= 1) {
                $farthest = $along;
            }
        }
    }
    return [$start[0] + $farthest * $dx, $start[1] + $farthest * $dy];
}
