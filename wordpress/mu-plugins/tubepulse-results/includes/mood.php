<?php
/** The colour classes of a mood: nine, from -4 (most negative) over 0 to 4. Colours stand in style.css. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const HALF_CLASSES = 4;
const MOOD_STEPS = [0.05, 0.1, 0.15, 0.2, 0.25]; // the widths that a class may have; 4 x 0.25 reaches VADER's ends

/**
 * The width of a colour class with which 19 of 20 tweets' stations are not beyond the last one. Weighted by tweets,
 * since stations with one or two reach far out and would leave the others pale.
 *
 * @param list<array{float, int}> $moods (mood, tweets)
 */
function mood_step(array $moods): float
{
    $sizes = array_map(static fn (array $mood): array => [abs($mood[0]), $mood[1]], $moods);
    sort($sizes);
    $left = 0.95 * array_sum(array_column($sizes, 1));
    foreach ($sizes as [$reach, $tweets]) {
        $left -= $tweets;
        if ($left <= 0) {
            foreach (MOOD_STEPS as $step) {
                if ($step * (HALF_CLASSES + 0.5) >= $reach) {
                    return $step;
                }
            }
            return MOOD_STEPS[array_key_last(MOOD_STEPS)];
        }
    }
    return MOOD_STEPS[1];
}

/** The step that all tables, charts and maps share, so that a colour means one thing. */
function page_step(): float
{
    static $step = null; // each of them asks
    if ($step !== null) {
        return $step;
    }
    $moods = [];
    foreach (read_feed('station_overview')->rows as $row) {
        if ($row['week_sentiment'] !== null && $row['week_tweets'] > 0) {
            $moods[] = [$row['week_sentiment'], $row['week_tweets']];
        }
    }
    return $step = mood_step($moods);
}

function mood_class(float $mood, float $step): int
{
    $class = (int) min(floor(abs($mood) / $step + 0.5), HALF_CLASSES);
    return $mood < 0 ? -$class : $class;
}
