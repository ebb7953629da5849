<?php
/** Any page: one in full, or a list of several. */

declare(strict_types=1);

defined('ABSPATH') || exit;

get_header();
?>
<h1><?php echo wp_kses_post(Tubepulse\Theme\headline()); ?></h1>
<div class="content">
<?php
while (have_posts()) {
    the_post();
    if (is_singular()) {
        the_content();
        wp_link_pages();
    } else {
        the_title('<h2><a href="' . esc_url(get_permalink()) . '">', '</a></h2>');
        the_excerpt();
    }
}
if (!is_singular()) {
    the_posts_pagination();
}
?>
</div>
<?php
get_footer();
