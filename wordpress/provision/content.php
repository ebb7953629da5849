<?php
/** The site's settings, theme and pages, its administrator's password, wpDataTables' tables and charts. */

declare(strict_types=1);

require __DIR__ . '/load.php';
require __DIR__ . '/options.php';

const THEME = 'tubepulse';

renew_password('admin', setting('WORDPRESS_ADMIN_PASSWORD'));
wp_set_current_user((int) (get_user_by('login', 'admin')->ID ?? 0)); // whose pages they are, unfiltered

$options = [
    'blogdescription' => 'Housing prices and the mood of tweets around London’s underground stations',
    'permalink_structure' => '/%postname%/',
    'timezone_string' => 'UTC', // as the data are
    'date_format' => 'j F Y',
    'time_format' => 'H:i',
    'show_avatars' => '0', // they are another host's
    'users_can_register' => '0',
    'default_comment_status' => 'closed',
    'default_ping_status' => 'closed',
    'default_pingback_flag' => '0',
    'blog_public' => '0', // robots are asked to stay away
];
if (\Tubepulse\wpdatatables_active()) {
    $options += [
        'wdtNumberFormat' => '2', // 1,234.5
        'wdtSiteLink' => '0', // no advertisement below each table
    ];
}
$structure = get_option('permalink_structure');
array_map(changed(...), provision_options($options));
if (get_option('permalink_structure') !== $structure) {
    delete_option('rewrite_rules'); // WordPress makes them anew at the next request
}

if (!wp_get_theme(THEME)->exists()) {
    problem('theme ' . THEME . ' is missing');
} else {
    $parent = wp_get_theme(THEME)->get_template();
    array_map(changed(...), provision_options(['template' => $parent, 'stylesheet' => THEME]));
}

$outcome = new \Tubepulse\Outcome();
\Tubepulse\provision_pages($outcome);
\Tubepulse\provision_wpdatatables($outcome);
array_map(changed(...), $outcome->done);
array_map(problem(...), $outcome->problems);
$front = \Tubepulse\page_id('stations');
if ($front !== null) {
    array_map(changed(...), provision_options(['show_on_front' => 'page', 'page_on_front' => (string) $front]));
}

/** The environment's password holds, whatever was set in wp-admin: .env has it, and `make up` prints it. */
function renew_password(string $login, string $password): void
{
    $user = get_user_by('login', $login);
    if ($user === false) {
        problem("there is no user $login: its password is not set");
    } elseif ($password !== '' && !wp_check_password($password, $user->user_pass, $user->ID)) {
        wp_set_password($password, $user->ID);
        changed("password of $login set");
    }
}
