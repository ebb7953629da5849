<?php
/** The date of the data, the key figures, and the week's words. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** @param non-empty-list<array<string, mixed>> $stations rows of station_overview */
function render_date(array $stations): string
{
    $week = $stations[0]['week'];
    if ($week === null) {
        return '<p class="tubepulse tubepulse-date">No tweets yet: housing prices only</p>';
    }
    return '<p class="tubepulse tubepulse-date"><strong>' . esc_html(week_name($week)) . '</strong>, '
        . esc_html(week_days($week)) . "</p>\n";
}

/** @param non-empty-list<array<string, mixed>> $stations rows of station_overview */
function render_figures(array $stations): string
{
    $figures = '';
    foreach (key_figures($stations, shown_kind()) as [$number, $name, $how]) {
        $number = $number === NONE ? absent() : escaped($number);
        $figures .= '<div><dt>' . escaped($name) . "</dt><dd><strong>$number</strong><span>" . escaped($how)
            . "</span></dd></div>\n";
    }
    return "<dl class=\"tubepulse tubepulse-figures alignwide\">\n$figures</dl>\n";
}

/** @return list<array{string, string, string}> number, what it is, how it was taken */
function key_figures(array $stations, PriceKind $kind): array
{
    $with = static fn (string $column): array => array_values(
        array_filter($stations, static fn (array $row): bool => $row[$column] !== null)
    );
    [$heard, $priced] = [$with('week_sentiment'), $with('average_price')];
    $both = array_filter($priced, static fn (array $row): bool => $row['sentiment'] !== null);
    $pairs = static fn (array $rows, string $one, string $other): array => array_map(
        static fn (array $row): array => [$row[$one], $row[$other]],
        array_values($rows),
    );
    $tweets = number_format(array_sum(array_column($heard, 'week_tweets')));
    $prices = $kind->count(array_sum(array_column($stations, 'sales')));
    $mood = weighted_mean($pairs($heard, 'week_sentiment', 'week_tweets'));
    $price = weighted_mean($pairs($priced, 'average_price', 'sales'));
    $r = pearson($pairs($both, 'average_price', 'sentiment'));
    return [
        [$tweets, 'tweets this week', 'counted once at each station they are near'],
        [number_format(count($heard)), 'stations', 'with tweets this week, of ' . number_format(count($stations))],
        [signed($mood), 'mean mood', 'of the week’s tweets, from −1 to +1'],
        [pounds($price), 'average price', "of $prices within 1 km, counted at each station"],
        [signed($r, 2), 'correlation', 'Pearson’s r of price and mood over all weeks, from −1 to +1'],
    ];
}

/** @param non-empty-list<array<string, mixed>> $weeks rows of topics, the newest first */
function render_words(array $weeks): string
{
    $words = '';
    foreach (explode(', ', (string) $weeks[0]['topics']) as $word) {
        $words .= '<li>' . escaped($word) . '</li>';
    }
    return "<ol class=\"tubepulse tubepulse-words\">$words</ol>\n";
}
