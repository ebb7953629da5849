<?php
/** Numbers, dates and absent values as people read them. Plain text: whoever prints it escapes. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const MINUS = '−'; // as wide as the plus sign, so that columns of signed numbers line up
const NONE = '–';

/** A mood with its sign: "+0.169", "−0.042", and "0.000" without one. */
function signed(?float $value, int $decimals = 3): string
{
    if ($value === null) {
        return NONE;
    }
    $rounded = round($value, $decimals);
    $sign = $rounded > 0 ? '+' : ($rounded < 0 ? MINUS : '');
    return $sign . number_format(abs($rounded), $decimals);
}

/** A price to the pound: "£908,278". */
function pounds(?float $value): string
{
    return $value === null ? NONE : '£' . number_format($value);
}

/** A number with its noun: "1 tweet", "2,310 tweets". */
function count_of(int $number, string $noun): string
{
    return number_format($number) . " $noun" . ($number === 1 ? '' : 's');
}

/** A fare zone: "3", or "2/3" for a station on the boundary (2.5 in the data). */
function zone_name(?float $zone): string
{
    if ($zone === null) {
        return NONE;
    }
    $inner = (int) floor($zone);
    return $zone > $inner ? $inner . '/' . ($inner + 1) : (string) $inner;
}

/** "Week 2026-W46". */
function week_name(?string $week): string
{
    return $week === null ? NONE : "Week $week";
}

/** The days of an ISO week, "9 to 15 November 2026"; empty for anything else. */
function week_days(?string $week): string
{
    if (!preg_match('/^(\d{4})-W(\d{2})$/', (string) $week, $parts)) {
        return '';
    }
    $first = (new \DateTimeImmutable('today', new \DateTimeZone('UTC')))->setISODate((int) $parts[1], (int) $parts[2]);
    return days($first, $first->modify('+6 days'));
}

/** "23 November 2026", "9 to 15 November 2026", "1 August 2025 to 31 July 2026". */
function days(\DateTimeImmutable $first, \DateTimeImmutable $last): string
{
    $start = match (true) {
        $first->format('Y') !== $last->format('Y') => 'j F Y',
        $first->format('m') !== $last->format('m') => 'j F',
        default => 'j',
    };
    $end = $last->format('j F Y');
    return $first->format('Ymd') === $last->format('Ymd') ? $end : $first->format($start) . " to $end";
}

/** A value of a feed by its column's type. */
function shown(Column $column, string|int|float|null $value): string
{
    return match (true) {
        $value === null || $value === '' => NONE,
        $column->type === 'zone' => zone_name((float) $value),
        $column->type === 'money' => pounds((float) $value),
        $column->type === 'integer' => number_format((int) $value),
        is_mood($column) => signed((float) $value, $column->decimals),
        $column->type === 'decimal' => number_format((float) $value, $column->decimals),
        default => (string) $value,
    };
}

/** Whether a column holds a mean sentiment: the signed numbers, and only these, have three decimals. */
function is_mood(Column $column): bool
{
    return $column->type === 'decimal' && $column->decimals === 3;
}

/** Text of the data in HTML, as it is: esc_html() takes "&lt;" for an entity already, and would show another text. */
function escaped(?string $text): string
{
    return htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

/** An absent value in HTML: a dash to see, words to hear. */
function absent(): string
{
    return '<span aria-hidden="true">' . NONE . '</span><span class="tubepulse-spoken">none</span>';
}
