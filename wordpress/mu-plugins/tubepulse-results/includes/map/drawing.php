<?php
/** A map as SVG. It stands without JavaScript: each dot tells its station in its title. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

function draw_map(MapView $map, string $title, string $description, float $step): string
{
    $id = wp_unique_id('tubepulse-map-');
    [$width, $height] = [px(MAP_WIDTH), px($map->height)];
    [$title, $description] = [esc_html($title), esc_html($description)];
    $river = river_path($map->projection);
    $river_width = px(max(0.24 * $map->projection->km(), 3));
    return <<<SVG
        <svg class="tubepulse-map tubepulse-$map->part" viewBox="0 0 $width $height" role="img" aria-labelledby="$id $id-more">
        <title id="$id">$title</title>
        <desc id="$id-more">$description</desc>

        SVG
        . drawn_rings($map)
        . "<path class=\"river\" d=\"$river\" stroke-width=\"$river_width\"/>\n"
        . drawn_zone_names($map)
        . drawn_frame($map)
        . drawn_scale_bar($map)
        . drawn_dots($map, $step)
        . drawn_names($map->wide, 'wide')
        . drawn_names($map->narrow, 'narrow')
        . "</svg>\n";
}

function drawn_rings(MapView $map): string
{
    $rings = '';
    foreach ($map->rings as $ring) {
        $corners = array_map(static fn (array $point): string => px($point[0]) . ',' . px($point[1]), $ring->points);
        $rings .= "<polygon class=\"ring$ring->zone\" points=\"" . implode(' ', $corners) . "\"/>\n";
    }
    return $rings === '' ? '' : "<g class=\"rings\">\n$rings</g>\n";
}

function drawn_zone_names(MapView $map): string
{
    $names = '';
    foreach ($map->rings as $ring) {
        if ($ring->label !== null) {
            [$x, $y] = array_map(px(...), $ring->label);
            $names .= "<text x=\"$x\" y=\"$y\" dy=\"4\">Zone $ring->zone</text>\n";
        }
    }
    return $names === '' ? '' : "<g class=\"zones\" aria-hidden=\"true\">\n$names</g>\n";
}

function drawn_frame(MapView $map): string
{
    if ($map->frame === null) {
        return '';
    }
    [$left, $top, $right, $bottom] = $map->frame;
    return '<rect class="frame" x="' . px($left) . '" y="' . px($top) . '" width="' . px($right - $left)
        . '" height="' . px($bottom - $top) . "\" rx=\"4\"/>\n";
}

function drawn_scale_bar(MapView $map): string
{
    $km = $map->projection->km() < 60 ? 5 : 1;
    $long = $km * $map->projection->km();
    $at = px(MAP_WIDTH - 12 - $long) . ' ' . px($map->height - 14);
    return "<g class=\"scale-bar\" transform=\"translate($at)\"><path d=\"M0 -5V0H" . px($long) . 'V-5"/><text x="'
        . px($long / 2) . "\" y=\"-8\">$km km</text></g>\n";
}

function drawn_dots(MapView $map, float $step): string
{
    $kind = shown_kind();
    $circles = '';
    foreach ($map->dots as $dot) {
        $mood = $dot->row['week_tweets'] > 0 ? $dot->row['week_sentiment'] : null;
        $class = $mood === null ? 'none' : 'm' . mood_class($mood, $step);
        [$x, $y, $r] = [px($dot->x), px($dot->y), px($dot->r)];
        [$station, $told] = [escaped($dot->row['station']), escaped(told($dot->row, $kind))];
        $circles .= "<circle class=\"dot $class\" cx=\"$x\" cy=\"$y\" r=\"$r\" data-station=\"$station\">"
            . "<title>$told</title></circle>\n";
    }
    return "<g class=\"dots\">\n$circles</g>\n";
}

/** A station in a few lines; map.js shows the first as a heading. */
function told(array $row, PriceKind $kind): string
{
    $tweets = $row['week_tweets'] > 0 && $row['week_sentiment'] !== null
        ? count_of($row['week_tweets'], 'tweet') . ', mood ' . signed($row['week_sentiment'])
        : 'No tweets this week';
    $price = $row['average_price'] === null
        ? "No {$kind->noun()}s within 1 km"
        : pounds($row['average_price']) . ' on average, ' . $kind->count($row['sales']);
    $lines = [$row['station'], 'Zone ' . zone_name($row['zone']), $tweets, $price, (string) $row['topics']];
    return implode("\n", array_filter($lines, static fn (string $line): bool => $line !== ''));
}

/** @param list<Label> $labels */
function drawn_names(array $labels, string $kind): string
{
    $names = '';
    foreach ($labels as $label) {
        [$x, $y, $text] = [px($label->x), px($label->y), escaped($label->text)];
        $names .= "<text x=\"$x\" y=\"$y\" text-anchor=\"$label->anchor\">$text</text>\n";
    }
    return "<g class=\"names $kind\" aria-hidden=\"true\">\n$names</g>\n";
}
