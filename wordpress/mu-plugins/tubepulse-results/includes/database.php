<?php
/** Reads PostgreSQL: one statement, read only, and never for long. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const CONNECT_SECONDS = 2;
const STATEMENT_SECONDS = 5;

/** The database cannot be reached, or does not let us in. The message is for logs and administrators. */
final class Unreachable extends \RuntimeException
{
}

/** The database is there, but does not give the figures. The message is for logs and administrators. */
final class Unreadable extends \RuntimeException
{
    public function __construct(string $message, private readonly string $sqlstate)
    {
        parent::__construct($message);
    }

    /** No such table, schema or column, or no grant: the pipeline's first task makes the views and grants them. */
    public function is_of_a_pipeline_that_never_ran(): bool
    {
        return in_array($this->sqlstate, ['42P01', '3F000', '42703', '42501'], true);
    }
}

/**
 * The rows of a query. Numbers come as PostgreSQL writes them; see feeds.php for their types.
 *
 * @return list<array<string, mixed>>
 */
function query(Connection $connection, string $sql): array
{
    if (!extension_loaded('pdo_pgsql')) {
        throw new Unreachable('PHP lacks its extension pdo_pgsql');
    }
    try {
        $pdo = new \PDO(
            $connection->dsn(CONNECT_SECONDS),
            $connection->user,
            $connection->password,
            [
                \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
                \PDO::ATTR_TIMEOUT => CONNECT_SECONDS,
                \PDO::ATTR_EMULATE_PREPARES => true, // no round trip more: there is nothing to prepare
            ],
        );
    } catch (\PDOException | \InvalidArgumentException $error) {
        // Not as its `previous`: that one's trace holds the password where PHP shows arguments
        throw new Unreachable(one_line($error->getMessage()));
    }
    try {
        // In the transaction, not at the start: poolers refuse start-up options
        $pdo->exec('BEGIN READ ONLY; SET LOCAL statement_timeout = ' . STATEMENT_SECONDS * 1000);
        $rows = $pdo->query($sql)->fetchAll(\PDO::FETCH_ASSOC);
        $pdo->exec('COMMIT');
        return $rows;
    } catch (\PDOException $error) {
        $message = one_line($error->getMessage());
        $sqlstate = (string) $error->getCode();
        // Classes 08 and 57P: the connection broke, the server is stopping
        throw preg_match('/^(08|57P)/', $sqlstate) ? new Unreachable($message) : new Unreadable($message, $sqlstate);
    }
}

/** A message as one line, without PostgreSQL's excerpt of the statement. */
function one_line(string $text): string
{
    return trim((string) preg_replace(['/\s+/', '/ LINE \d+: .*/'], [' ', ''], $text));
}
