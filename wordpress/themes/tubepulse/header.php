<?php
/** The head of every page. Its texts are in British English, and so is what the plugin shows. */

declare(strict_types=1);

defined('ABSPATH') || exit;
?>
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="<?php bloginfo('charset'); ?>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<?php if (!has_site_icon()) : ?>
<link rel="icon" href="<?php echo esc_url(get_theme_file_uri('icon.svg')); ?>" type="image/svg+xml">
<?php endif; ?>
<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<a class="skip" href="#content">Skip to the content</a>
<header class="masthead">
  <a class="wordmark" href="<?php echo esc_url(home_url('/')); ?>"><svg viewBox="0 0 44 24" width="44" height="24" aria-hidden="true"><path d="M1 13h10l4-9 7 18 6-14 3 5h12"/></svg><?php bloginfo('name'); ?></a>
  <nav aria-label="Pages"><?php Tubepulse\Theme\navigation(); ?></nav>
</header>
<main id="content" tabindex="-1">
