<?php
/**
 * Plugin Name: Tubepulse site
 * Description: The stack's own site: our plugin, a content security policy, no outside hosts, nothing told to strangers.
 * Version:     1.0.0
 * License:     MIT
 */

declare(strict_types=1);

namespace Tubepulse\Site;

defined('ABSPATH') || exit;

require __DIR__ . '/tubepulse-results/tubepulse-results.php';
require __DIR__ . '/tubepulse-site/security_policy.php';
require __DIR__ . '/tubepulse-site/nothing_outside.php';
require __DIR__ . '/tubepulse-site/strangers.php';

add_filter('tubepulse_problem', __NAMESPACE__ . '\say_how_to_run');

/** Here, unlike on a site elsewhere, whoever sees an empty page can fill it. */
function say_how_to_run(string $sentence): string
{
    return $sentence === \Tubepulse\NO_DATA ? "$sentence “make run” starts it." : $sentence;
}
