<?php
/** Settings > Tubepulse: where the database is, what came of asking it, and the button that adds the pages. */

declare(strict_types=1);

namespace Tubepulse;

defined('ABSPATH') || exit;

const SETTINGS_SLUG = 'tubepulse';
const FIELDS = [ // label, input type, what it is
    'host' => ['Host', 'text', 'Name or address of the PostgreSQL server.'],
    'port' => ['Port', 'number', ''],
    'name' => ['Database', 'text', ''],
    'user' => [
        'User', 'text', 'A role that may do nothing but read the views of london_schema: the pipeline makes one, webapp.',
    ],
    'password' => ['Password', 'password', ''],
    'sslmode' => ['TLS', 'select', ''],
    'sslrootcert' => [
        'Root certificate',
        'text',
        'To verify: path on this server of the authority’s file (PEM), or the word system for those that it trusts.',
    ],
];
const TLS_LABELS = [
    'disable' => 'Never (the same machine or a private network only)',
    'prefer' => 'Where the server offers it',
    'require' => 'Always, whoever the server is',
    'verify-full' => 'Always, and verify the server’s certificate and name',
];

function add_settings_page(): void
{
    add_options_page('Tubepulse', 'Tubepulse', 'manage_options', SETTINGS_SLUG, __NAMESPACE__ . '\show_settings_page');
}

/** @param array<string> $links of our row on the Plugins page */
function add_settings_link(array $links): array
{
    return ['<a href="' . esc_url(settings_url()) . '">Settings</a>', ...$links];
}

function settings_url(): string
{
    return admin_url('options-general.php?page=' . SETTINGS_SLUG);
}

function show_settings_page(): void
{
    $outcome = get_transient(outcome_name());
    delete_transient(outcome_name());
    ?>
    <div class="wrap">
        <h1>Tubepulse</h1>
        <?php if (is_array($outcome)) : ?>
            <div class="notice notice-<?php echo $outcome['good'] ? 'success' : 'error'; ?>">
                <p><?php echo implode('<br>', array_map('esc_html', $outcome['lines'])); ?></p>
            </div>
        <?php endif; ?>
        <h2>Database</h2>
        <p>A setting can also stand in <code>wp-config.php</code>, and rules there:
            <code>define('TUBEPULSE_DB_PASSWORD', '…');</code><br>
            For the password that is better: this site’s database and its backups then do not hold it. Set host and user
            there, too, so that nobody can have it sent elsewhere.</p>
        <form method="post" action="<?php echo esc_url(admin_url('admin-post.php')); ?>">
            <input type="hidden" name="action" value="tubepulse_settings">
            <?php wp_nonce_field('tubepulse_settings'); ?>
            <table class="form-table" role="presentation">
                <?php array_map(__NAMESPACE__ . '\show_field', array_keys(FIELDS)); ?>
            </table>
            <?php submit_button('Save and test'); ?>
        </form>
        <h2>Pages</h2>
        <p>Adds the pages <?php echo esc_html(implode(', ', PAGES)); ?><?php
            echo wpdatatables_active() ? ', and their tables and charts to wpDataTables' : ''; ?>.
            What is there already and was changed by an editor stays as it is.</p>
        <form method="post" action="<?php echo esc_url(admin_url('admin-post.php')); ?>">
            <input type="hidden" name="action" value="tubepulse_pages">
            <?php wp_nonce_field('tubepulse_pages'); ?>
            <?php submit_button('Add the pages', 'secondary'); ?>
        </form>
    </div>
    <?php
}

function show_field(string $name): void
{
    [$label, $type, $help] = FIELDS[$name];
    $value = connection_settings()[$name];
    $id = "tubepulse-$name";
    echo '<tr><th scope="row"><label for="', esc_attr($id), '">', esc_html($label), '</label></th><td>';
    if (in_array($name, constant_settings(), true)) {
        $shown = $name === 'password' ? '••••••••' : $value;
        field_input($id, '', 'text', $shown, 'readonly');
        $help = 'Set in wp-config.php (' . setting_constant($name) . ').';
    } elseif ($type === 'select') {
        echo '<select id="', esc_attr($id), '" name="', esc_attr($name), '">';
        foreach (TLS_MODES as $mode) {
            $chosen = selected($mode, $value, false);
            echo '<option value="', esc_attr($mode), '"', $chosen, '>', esc_html(TLS_LABELS[$mode]), '</option>';
        }
        echo '</select>';
    } elseif ($type === 'password') {
        $help = $value === '' ? '' : 'One is stored. Leave this empty to keep it.';
        field_input($id, 'password', 'password', '', 'autocomplete="new-password"');
        if ($value !== '') {
            echo '<p><label><input type="checkbox" name="forget_password" value="1"> Forget the stored password</label></p>';
        }
    } else {
        field_input($id, $name, $type, $value);
    }
    echo $help === '' ? '' : '<p class="description">' . esc_html($help) . '</p>', '</td></tr>';
}

/** @param string $more attributes */
function field_input(string $id, string $name, string $type, string $value, string $more = ''): void
{
    printf(
        '<input class="regular-text" id="%s" name="%s" type="%s" value="%s" %s>',
        esc_attr($id),
        esc_attr($name),
        esc_attr($type),
        esc_attr($value),
        $more,
    );
}

/** Answers the form: saves, asks PostgreSQL, and goes back to the page with what came of it. */
function save_settings(): void
{
    refuse_others('tubepulse_settings');
    $old = get_option(CONNECTION_OPTION, []);
    $new = sanitized_settings(wp_unslash($_POST), is_array($old) ? $old : []);
    $wrong = wrong_settings(array_merge($new, array_intersect_key(connection_settings(), array_flip(constant_settings()))));
    if (sends_password_elsewhere($_POST, is_array($old) ? $old : [], $new)) {
        $wrong[] = 'Host, port or user is another one: give the password again.';
    }
    if ($wrong !== []) {
        go_back(false, ['Not saved.', ...$wrong]);
    }
    $database = static fn (?Connection $at): array => [$at?->host, $at?->port, $at?->database];
    $before = $database(connection());
    update_option(CONNECTION_OPTION, $new, false);
    array_map(forget_failures(...), feeds()); // pages ask at once, too
    [$good, $lines] = tested_connection();
    if ($good && $database(connection()) !== $before) {
        forget_rows(); // another database's; after a typing error they are still good
    }
    go_back($good, ['Saved.', ...$lines]);
}

/** Answers the button. */
function add_pages(): void
{
    refuse_others('tubepulse_pages');
    $outcome = new Outcome();
    provision_pages($outcome);
    provision_wpdatatables($outcome);
    $lines = [...$outcome->problems, ...$outcome->done];
    go_back($outcome->problems === [], $lines === [] ? ['Nothing to change: all of it was here.'] : $lines);
}

function refuse_others(string $action): void
{
    if (!current_user_can('manage_options')) {
        wp_die('Only an administrator may do this.', '', ['response' => 403]);
    }
    check_admin_referer($action);
}

/** @param list<string> $lines */
function go_back(bool $good, array $lines): never
{
    set_transient(outcome_name(), ['good' => $good, 'lines' => $lines], 5 * MINUTE_IN_SECONDS);
    wp_safe_redirect(settings_url());
    exit;
}

function outcome_name(): string
{
    return 'tubepulse_outcome_' . get_current_user_id();
}
