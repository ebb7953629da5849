<?php
/** What a visitor is told of the figures on a page, once a page: that there are none yet, or that they are old. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** What is wrong with a result, as one sentence; empty where all is well, or where the page has said so already. */
function status(Result $result): string
{
    static $said = [];
    if ($result->problem === null || isset($said[$result->problem])) {
        return '';
    }
    $said[$result->problem] = true;
    /** Filters the sentence: a site that knows how its pipeline is started may add that. */
    $sentence = apply_filters('tubepulse_problem', $result->problem, $result);
    return sentence_box($sentence);
}

function sentence_box(string $sentence): string
{
    return '<p class="tubepulse tubepulse-problem" role="status">' . esc_html($sentence) . "</p>\n";
}

/** In place of what has no rows. */
const NOTHING_YET = '<p class="tubepulse tubepulse-empty">Nothing to show yet.</p>';
