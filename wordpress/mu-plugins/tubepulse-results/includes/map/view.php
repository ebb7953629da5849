<?php
/** What a map holds, all placed: London, or its centre enlarged. Coordinates are SVG units. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const MAP_WIDTH = 1160.0;
const WIDE_FONT = 13.0; // of the names on a desk
const NARROW_FONT = 36.0; // and on a phone, where the drawing is a third as large; sizes as in style.css
const NARROW_GROWTH = 1.8; // of the dots on a phone
const EDGE = 14.0; // a dot nearer to it would be cut

final class MapView
{
    /**
     * @param list<Dot> $dots
     * @param list<Ring> $rings
     * @param list<Label> $wide
     * @param list<Label> $narrow
     * @param ?array{float, float, float, float} $frame left, top, right, bottom of what the map of the centre enlarges
     */
    public function __construct(
        public readonly string $part,
        public readonly float $height,
        public readonly Projection $projection,
        public readonly float $area_factor,
        public readonly array $dots,
        public readonly array $rings,
        public readonly array $wide,
        public readonly array $narrow,
        public readonly ?array $frame,
    ) {
    }
}

/** @param non-empty-list<array<string, mixed>> $stations */
function london_view(array $stations): MapView
{
    [$projection, $height] = fit_map($stations, MAP_WIDTH, 30);
    $lens = centre_lens($stations);
    $frame = null;
    if ($lens !== null) {
        [$centre, $centre_height] = $lens;
        $frame = [
            ...$projection->point(...$centre->place(0, 0)),
            ...$projection->point(...$centre->place(MAP_WIDTH, $centre_height)),
        ];
    }
    $rings = rings($stations, $projection);
    $factor = area_factor($stations, 20, 7);
    $dots = dots($stations, $projection, $factor);
    $taken = [...array_filter([$frame]), ...ring_boxes($rings)];
    // The centre's own map names its stations: here a name would hide a dozen others
    $named = array_filter($dots, static fn (Dot $dot): bool => $frame === null
        || !overlaps([$dot->x, $dot->y, $dot->x, $dot->y], [$frame]));
    [$wide, $narrow] = names($dots, array_values($named), $height, [14, 5], $taken);
    return new MapView('london', $height, $projection, $factor, $dots, $rings, $wide, $narrow, $frame);
}

/**
 * The stations in the box around zone 1; null where there is no such box.
 *
 * @param list<array<string, mixed>> $stations
 */
function centre_view(array $stations): ?MapView
{
    $lens = centre_lens($stations);
    if ($lens === null) {
        return null;
    }
    [$projection, $height] = $lens;
    $inside = array_values(array_filter($stations, static function (array $row) use ($projection, $height): bool {
        [$x, $y] = $projection->point($row['latitude'], $row['longitude']);
        return $x >= EDGE && $x <= MAP_WIDTH - EDGE && $y >= EDGE && $y <= $height - EDGE;
    }));
    $factor = area_factor($inside, 40, 15);
    $dots = dots($inside, $projection, $factor);
    [$wide, $narrow] = names($dots, $dots, $height, [60, 7], []);
    return new MapView('centre', $height, $projection, $factor, $dots, [], $wide, $narrow, null);
}

/** @return ?array{Projection, float} projection and height */
function centre_lens(array $stations): ?array
{
    $centre = array_filter($stations, static fn (array $row): bool => $row['zone'] < 2);
    return count($centre) > 1 ? fit_map(array_values($centre), MAP_WIDTH, 50) : null;
}

/** @return list<array{float, float, float, float}> */
function ring_boxes(array $rings): array
{
    $labels = array_filter(array_column($rings, 'label'));
    return array_map(
        static fn (array $at): array => [$at[0] - 24, $at[1] - 8, $at[0] + 24, $at[1] + 8],
        array_values($labels),
    );
}

/**
 * Names for a desk and for a phone, at most so many.
 *
 * @param list<Dot> $named the stations with most tweets first
 * @param array{int, int} $most
 * @return array{list<Label>, list<Label>}
 */
function names(array $dots, array $named, float $height, array $most, array $taken): array
{
    $named = array_values(array_filter($named, static fn (Dot $dot): bool => $dot->row['week_tweets'] > 0));
    $taken[] = [MAP_WIDTH * 0.85, $height - 50, MAP_WIDTH, $height]; // the scale bar
    $size = [MAP_WIDTH, $height];
    return [
        place_labels($dots, $named, $size, WIDE_FONT, $most[0], $taken, 1.0),
        place_labels($dots, $named, $size, NARROW_FONT, $most[1], $taken, NARROW_GROWTH),
    ];
}
