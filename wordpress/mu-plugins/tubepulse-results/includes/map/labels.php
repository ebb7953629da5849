<?php
/** Names of stations on the map, placed so that they collide with nothing. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const TRIED_LABELS = 60; // of the stations with most tweets: smaller ones would not find room either

final class Label
{
    /** @param 'start'|'middle'|'end' $anchor SVG's text-anchor; (x, y) is the text's baseline */
    public function __construct(
        public readonly string $text,
        public readonly float $x,
        public readonly float $y,
        public readonly string $anchor,
    ) {
    }
}

/**
 * Labels for the wanted dots, in that order: each right, left, above or below its dot. One that would leave the map,
 * cover another label or one of `taken`, or hide a dot's centre, is left out.
 *
 * @param list<Dot> $dots all on the map
 * @param list<Dot> $wanted
 * @param list<array{float, float, float, float}> $taken left, top, right, bottom
 * @param float $size of the font, in SVG units
 * @param float $grow of the dots, as style.css does for this size
 * @return list<Label>
 */
function place_labels(array $dots, array $wanted, array $map_size, float $size, int $most, array $taken, float $grow): array
{
    $labels = [];
    foreach (array_slice($wanted, 0, TRIED_LABELS) as $dot) {
        $name = $dot->row['station'];
        $long = 0.62 * $size * mb_strlen($name);
        $gap = $dot->r * $grow + $size * 0.3;
        $spots = [
            ['start', $dot->x + $gap, $dot->y + $size * 0.35, 0.0],
            ['end', $dot->x - $gap, $dot->y + $size * 0.35, 1.0],
            ['middle', $dot->x, $dot->y - $gap, 0.5],
            ['middle', $dot->x, $dot->y + $gap + $size * 0.7, 0.5],
        ];
        foreach ($spots as [$anchor, $x, $y, $before]) {
            $left = $x - $long * $before;
            $box = [$left, $y - $size * 0.85, $left + $long, $y + $size * 0.3];
            if (inside($box, $map_size) && !overlaps($box, $taken) && !hides_a_dot($box, $dots, $dot, $grow)) {
                $taken[] = $box;
                $labels[] = new Label($name, $x, $y, $anchor);
                break;
            }
        }
        if (count($labels) === $most) {
            break;
        }
    }
    return $labels;
}

function inside(array $box, array $map_size): bool
{
    return $box[0] >= 4 && $box[1] >= 4 && $box[2] <= $map_size[0] - 4 && $box[3] <= $map_size[1] - 4;
}

function overlaps(array $box, array $others): bool
{
    foreach ($others as $other) {
        if ($box[0] < $other[2] && $other[0] < $box[2] && $box[1] < $other[3] && $other[1] < $box[3]) {
            return true;
        }
    }
    return false;
}

/** Whether a label would cover more than the rim of another station's dot. */
function hides_a_dot(array $box, array $dots, Dot $own, float $grow): bool
{
    foreach ($dots as $dot) {
        $aside = max($box[0] - $dot->x, $dot->x - $box[2], 0.0);
        $above = max($box[1] - $dot->y, $dot->y - $box[3], 0.0);
        if ($dot !== $own && hypot($aside, $above) < 0.75 * $dot->r * $grow) {
            return true;
        }
    }
    return false;
}
