<?php
/**
 * Feeds as pages read them: at most one query a minute and feed, however many visitors there are, and the last good
 * rows with their time while PostgreSQL is away. Nothing that goes wrong here reaches a page but as a sentence.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const FRESH_SECONDS = 60;
const RETRY_SECONDS = 15; // after a failure, nobody waits for PostgreSQL before that
const TURN_SECONDS = CONNECT_SECONDS + STATEMENT_SECONDS; // a visitor without any rows to see waits for another's query

final class Result
{
    /**
     * @param list<array<string, string|int|float|null>> $rows as PostgreSQL has them: whoever shows them escapes
     * @param int $read_at when the rows were read, Unix time; 0: never
     * @param bool $fresh whether they are what PostgreSQL holds now, give or take a minute
     * @param ?string $problem what a visitor should know, or null
     */
    public function __construct(
        public readonly array $rows,
        public readonly int $read_at,
        public readonly bool $fresh,
        public readonly ?string $problem,
    ) {
    }
}

function read_feed(string $name): Result
{
    $feed = feeds()[$name] ?? throw new \OutOfBoundsException("there is no feed $name");
    if ($feed->derive !== null) {
        $base = read_feed($feed->base);
        $rows = ($feed->derive)($base->rows);
        return new Result($rows, $base->read_at, $base->fresh, $base->problem ?? ($rows === [] ? nothing_in($name) : null));
    }
    return fresh_result($feed) ?? failed_result($feed) ?? asked_result($feed);
}

/** What is kept, where it is new enough. */
function fresh_result(Feed $feed): ?Result
{
    $kept = kept_rows($feed);
    $age = time() - ($kept['read_at'] ?? 0);
    if ($kept === null || !$kept['current'] || $age < 0 || $age >= FRESH_SECONDS) {
        return null;
    }
    return good_result($feed, $kept['rows'], $kept['read_at']);
}

/** What is kept, where PostgreSQL was away a moment ago. */
function failed_result(Feed $feed): ?Result
{
    $failure = last_failure($feed);
    $age = time() - ($failure['at'] ?? 0);
    return $failure !== null && $age >= 0 && $age < RETRY_SECONDS ? old_result($feed, $failure['problem']) : null;
}

/** PostgreSQL's answer, if it is this request's turn to ask. */
function asked_result(Feed $feed): Result
{
    $failure = last_failure($feed);
    $kept = kept_rows($feed);
    $recent = $kept !== null && $kept['current'] && time() - $kept['read_at'] < 2 * FRESH_SECONDS;
    if (!lock_feed($feed, $failure !== null || $recent ? 0 : TURN_SECONDS)) {
        return $failure === null && $recent
            ? good_result($feed, $kept['rows'], $kept['read_at'])
            : old_result($feed, $failure['problem'] ?? 'unreachable');
    }
    try {
        forget_what_this_request_saw($feed);
        return fresh_result($feed) ?? failed_result($feed) ?? ask($feed);
    } finally {
        unlock_feed($feed);
    }
}

function ask(Feed $feed): Result
{
    try {
        $connection = connection();
        if ($connection === null) {
            return old_result($feed, 'not set up');
        }
        $rows = $feed->typed(query($connection, $feed->sql()));
    } catch (Unreachable $error) {
        error_log("tubepulse: PostgreSQL cannot be reached: {$error->getMessage()}");
        $problem = extension_loaded('pdo_pgsql') ? 'unreachable' : 'no extension';
        remember_failure('connection', $problem);
        return old_result($feed, $problem);
    } catch (Unreadable $error) {
        error_log("tubepulse: feed $feed->name cannot be read: {$error->getMessage()}");
        $problem = $error->is_of_a_pipeline_that_never_ran() ? 'no views' : 'no answer';
        remember_failure($feed->name, $problem);
        return old_result($feed, $problem);
    }
    keep_rows($feed, $rows);
    forget_failures($feed);
    return good_result($feed, $rows, time());
}

function good_result(Feed $feed, array $rows, int $read_at): Result
{
    return new Result($rows, $read_at, true, $rows === [] ? nothing_in($feed->name) : null);
}

function old_result(Feed $feed, string $problem): Result
{
    $kept = kept_rows($feed);
    if ($kept === null || $kept['rows'] === []) {
        return new Result([], $kept['read_at'] ?? 0, false, sentence($problem, null));
    }
    return new Result($kept['rows'], $kept['read_at'], false, sentence($problem, $kept['read_at']));
}
