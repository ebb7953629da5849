<?php
/** Where the data of the last run came from and went. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

/** @param non-empty-list<array<string, mixed>> $jobs rows of latest_lineage */
function render_lineage(array $jobs): string
{
    $id = wp_unique_id('tubepulse-lineage-');
    $body = '';
    foreach ($jobs as $job) {
        $cells = [
            escaped($job['step_airflow']),
            paths($job['source']),
            paths($job['destination']),
            moment_of($job['timestamp']),
        ];
        $body .= '<tr><th scope="row">' . escaped("$job[batch_nr] · $job[job_nr]") . '</th><td>'
            . implode('</td><td>', $cells) . "</td></tr>\n";
    }
    return <<<HTML
        <div class="tubepulse tubepulse-lineage alignwide">
        <div class="tubepulse-scroll" role="region" tabindex="0" aria-labelledby="$id">
        <table data-table="lineage">
        <caption id="$id">Each job’s run of the newest batch: a week (202646) or a month (202611).</caption>
        <thead><tr><th scope="col">Batch · job</th><th scope="col">Task</th><th scope="col">From</th>
        <th scope="col">To</th><th scope="col">When <small>UTC</small></th></tr></thead>
        <tbody>
        $body</tbody></table></div></div>

        HTML;
}

/** Several paths stand one below the other. */
function paths(?string $text): string
{
    return '<span class="path">' . implode('<br>', array_map(escaped(...), explode(', ', (string) $text))) . '</span>';
}

/** A timestamp of PostgreSQL's, which is in UTC. */
function moment_of(?string $timestamp): string
{
    $time = strtotime("$timestamp UTC");
    return $time === false
        ? escaped($timestamp)
        : '<time datetime="' . gmdate('Y-m-d\TH:i:s\Z', $time) . '">' . gmdate('j F Y, H:i:s', $time) . '</time>';
}
