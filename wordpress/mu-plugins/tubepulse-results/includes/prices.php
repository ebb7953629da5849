<?php
/** Which housing prices are shown: sales or a site's listings, of which days, from where, and whom to name for them. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** What a price is of. The views count either kind in columns named sales. */
enum PriceKind: string
{
    case Sale = 'sale';
    case Listing = 'listing';

    public function noun(): string
    {
        return $this === self::Sale ? 'sale' : 'asking price';
    }

    /** "1 sale", "2,310 asking prices". */
    public function count(int $number): string
    {
        return count_of($number, $this->noun());
    }

    /** A column's header, "Sales" or "Flat sales", as it reads for this kind. */
    public function header(string $header): string
    {
        return $this === self::Sale ? $header : strtr($header, ['Sales' => 'Listings', 'sales' => 'listings']);
    }
}

/** The kind of the prices on this page; sales where nothing is known of them. */
function shown_kind(): PriceKind
{
    static $kind = null; // each table, figure and map asks
    return $kind ??= PriceKind::tryFrom((string) (read_feed('price_source')->rows[0]['kind'] ?? '')) ?? PriceKind::Sale;
}

/** @param non-empty-list<array<string, mixed>> $sources rows of price_source: one */
function render_prices(array $sources): string
{
    $source = $sources[0]; // its name is the pipeline's: whose data they are, the attribution says
    $kind = PriceKind::tryFrom((string) $source['kind']) ?? PriceKind::Sale;
    $told = '<strong>' . escaped(prices_of($kind, (int) $source['properties'])) . '</strong>'
        . escaped(period($source['first_day'], $source['last_day']) . ", from source $source[source]")
        . '. ' . escaped(left_out((int) $source['rejected']));
    $attribution = (string) $source['attribution'];
    return '<p class="tubepulse tubepulse-prices">' . trim($told)
        . ($attribution === '' ? '' : ' <small>' . escaped($attribution) . '</small>') . "</p>\n";
}

/** "Prices paid in 2,310 sales of homes", "Asking prices of 312 homes". */
function prices_of(PriceKind $kind, int $number): string
{
    return match ($kind) {
        PriceKind::Sale => 'Prices paid in ' . count_of($number, 'sale') . ' of homes',
        PriceKind::Listing => 'Asking prices of ' . count_of($number, 'home'),
    };
}

/** ", 1 August 2025 to 31 July 2026", or ", 23 November 2026" for one day; empty where the days are not known. */
function period(?string $first, ?string $last): string
{
    $day = static fn (?string $text): ?\DateTimeImmutable => \DateTimeImmutable::createFromFormat(
        '!Y-m-d',
        (string) $text,
        new \DateTimeZone('UTC'),
    ) ?: null;
    [$from, $to] = [$day($first), $day($last)];
    return $from === null || $to === null ? '' : ', ' . days($from, $to);
}

/** "12 rows of the source could not be used."; empty where all could. */
function left_out(int $rejected): string
{
    return $rejected > 0 ? count_of($rejected, 'row') . ' of the source could not be used.' : '';
}
