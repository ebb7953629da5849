<?php
/**
 * Where the results are. A constant in wp-config.php (TUBEPULSE_DB_HOST, _PORT, _NAME, _USER, _PASSWORD, _SSLMODE,
 * _SSLROOTCERT) rules over the same setting in wp-admin, each by itself: a password need not be in MySQL.
 */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const CONNECTION_OPTION = 'tubepulse_connection';
const CONNECTION_DEFAULTS = [
    'host' => '',
    'port' => '5432',
    'name' => '',
    'user' => '',
    'password' => '',
    'sslmode' => 'prefer',
    'sslrootcert' => '',
];
const FORBIDDEN_IN_DSN = '/[;\x00-\x1f\x7f]/'; // PDO turns every semicolon into a space before libpq reads it
const TLS_MODES = ['disable', 'prefer', 'require', 'verify-full'];

final class Connection
{
    public function __construct(
        public readonly string $host,
        public readonly int $port,
        public readonly string $database,
        public readonly string $user,
        #[\SensitiveParameter] public readonly string $password,
        public readonly string $sslmode,
        public readonly string $sslrootcert,
    ) {
    }

    /** PDO's data source name, without user and password. */
    public function dsn(int $timeout_seconds): string
    {
        $parameters = [
            'host' => $this->host,
            'port' => (string) $this->port,
            'dbname' => $this->database,
            'sslmode' => $this->sslmode,
            'connect_timeout' => (string) $timeout_seconds,
            'tcp_user_timeout' => (string) ($timeout_seconds * 1000),
            'client_encoding' => 'UTF8',
            'application_name' => 'tubepulse-website',
        ];
        if ($this->sslrootcert !== '') {
            $parameters['sslrootcert'] = $this->sslrootcert;
        }
        $quoted = [];
        foreach ($parameters as $name => $value) {
            $quoted[] = $name . '=' . quoted_parameter($value);
        }
        return 'pgsql:' . implode(' ', $quoted);
    }

    /** Passwords stay out of dumps. */
    public function __debugInfo(): array
    {
        return ['password' => '…'] + get_object_vars($this);
    }
}

/** The connection, or null where none is set up. */
function connection(): ?Connection
{
    $settings = connection_settings();
    if ($settings['host'] === '' || $settings['name'] === '' || $settings['user'] === '') {
        return null;
    }
    return new Connection(
        $settings['host'],
        (int) $settings['port'],
        $settings['name'],
        $settings['user'],
        $settings['password'],
        $settings['sslmode'],
        $settings['sslrootcert'],
    );
}

/**
 * What is set, by CONNECTION_DEFAULTS' names.
 *
 * @return array<string, string>
 */
function connection_settings(): array
{
    $stored = get_option(CONNECTION_OPTION);
    $settings = array_merge(CONNECTION_DEFAULTS, is_array($stored) ? $stored : []);
    foreach (constant_settings() as $name) {
        $settings[$name] = (string) constant(setting_constant($name));
    }
    if ($settings['port'] === '') {
        $settings['port'] = CONNECTION_DEFAULTS['port'];
    }
    if ($settings['sslmode'] === '') {
        $settings['sslmode'] = CONNECTION_DEFAULTS['sslmode'];
    }
    return array_intersect_key($settings, CONNECTION_DEFAULTS);
}

/**
 * Names of the settings that wp-config.php gives.
 *
 * @return list<string>
 */
function constant_settings(): array
{
    return array_values(array_filter(
        array_keys(CONNECTION_DEFAULTS),
        static fn (string $name): bool => defined(setting_constant($name)),
    ));
}

function setting_constant(string $name): string
{
    return 'TUBEPULSE_DB_' . strtoupper($name);
}

/** One value of a libpq connection string, which cannot end early and add a parameter of its own. */
function quoted_parameter(string $value): string
{
    if (preg_match(FORBIDDEN_IN_DSN, $value)) {
        throw new \InvalidArgumentException('a connection setting holds a semicolon or a control character');
    }
    return "'" . addcslashes($value, "'\\") . "'";
}
