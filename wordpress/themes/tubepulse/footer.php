<?php
/** The foot of every page: licences, and where the whole story is. */

declare(strict_types=1);

defined('ABSPATH') || exit;

$about = get_page_by_path('about-the-data');
?>
</main>
<footer>
  <p>Mood and topics are computed from posts on X, or from synthetic ones in their place; only aggregates are shown. Prices of real sales, where they are loaded: contains HM Land Registry data © Crown copyright and database right 2026, licensed under the Open Government Licence v3.0.</p>
  <p><?php if ($about !== null && $about->post_status === 'publish') : ?>
Method, sources, licences, limits: <a href="<?php echo esc_url(get_permalink($about)); ?>"><?php echo esc_html(get_the_title($about)); ?></a>.
<?php endif; ?>
The software is under the MIT licence, what it builds on under licences of its own.</p>
</footer>
<?php wp_footer(); ?>
</body>
</html>
