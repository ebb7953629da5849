<?php
/** Places on the map: latitude and longitude to SVG units, and the dots of the stations. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const KM_PER_DEGREE = 111.2; // of latitude
const EMPTY_RADIUS = 2.1; // of the hollow dot of a station without tweets

/** Equirectangular, true to shape at `latitude`; the north-west corner is (0, 0) before the margin. */
final class Projection
{
    private readonly float $narrowing;

    public function __construct(
        private readonly float $west,
        private readonly float $north,
        float $latitude,
        private readonly float $scale, // SVG units per degree of latitude
        private readonly float $margin,
    ) {
        $this->narrowing = cos(deg2rad($latitude));
    }

    /** @return array{float, float} x and y, in SVG units */
    public function point(float $latitude, float $longitude): array
    {
        return [
            $this->margin + ($longitude - $this->west) * $this->narrowing * $this->scale,
            $this->margin + ($this->north - $latitude) * $this->scale,
        ];
    }

    /** @return array{float, float} latitude and longitude: the way back */
    public function place(float $x, float $y): array
    {
        return [
            $this->north - ($y - $this->margin) / $this->scale,
            $this->west + ($x - $this->margin) / ($this->narrowing * $this->scale),
        ];
    }

    /** SVG units per kilometre. */
    public function km(): float
    {
        return $this->scale / KM_PER_DEGREE;
    }
}

/** A station on the map; `row` is its row of the feed station_overview. */
final class Dot
{
    public function __construct(
        public readonly array $row,
        public readonly float $x,
        public readonly float $y,
        public readonly float $r,
    ) {
    }
}

/**
 * The projection that fits the stations into a width, and the height they need then.
 *
 * @param non-empty-list<array<string, mixed>> $stations
 * @return array{Projection, float}
 */
function fit_map(array $stations, float $width, float $margin): array
{
    $latitudes = array_column($stations, 'latitude');
    $longitudes = array_column($stations, 'longitude');
    [$south, $north, $west, $east] = [min($latitudes), max($latitudes), min($longitudes), max($longitudes)];
    $middle = ($south + $north) / 2;
    // One station, or all in a line: a least extent keeps the scale finite and the picture a map
    $scale = ($width - 2 * $margin) / max(($east - $west) * cos(deg2rad($middle)), 0.02);
    return [
        new Projection($west, $north, $middle, $scale, $margin),
        2 * $margin + max($north - $south, 0.005) * $scale,
    ];
}

/**
 * A dot a station, large ones first, so that small ones lie on top of them.
 *
 * @param list<array<string, mixed>> $stations
 * @return list<Dot>
 */
function dots(array $stations, Projection $projection, float $factor): array
{
    $dots = [];
    foreach ($stations as $row) {
        [$x, $y] = $projection->point($row['latitude'], $row['longitude']);
        $dots[] = new Dot($row, $x, $y, dot_radius($row['week_tweets'], $factor));
    }
    usort($dots, static fn (Dot $one, Dot $other): int => $other->r <=> $one->r);
    return $dots;
}

function dot_radius(int $tweets, float $factor): float
{
    return $tweets > 0 ? $factor * sqrt($tweets) : EMPTY_RADIUS;
}

/**
 * The f in radius = f * sqrt(tweets): areas are proportional to tweets. The most tweets get at most `largest`, their
 * mean at most `typical`, or even counts would all be as large as the largest may be and cover each other.
 */
function area_factor(array $stations, float $largest, float $typical): float
{
    $counts = array_filter(array_column($stations, 'week_tweets'), static fn (int $tweets): bool => $tweets > 0);
    if ($counts === []) {
        return 0.0;
    }
    return min($largest / sqrt(max($counts)), $typical / sqrt(array_sum($counts) / count($counts)));
}
