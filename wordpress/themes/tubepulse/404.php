<?php
/** There is no such page. */

declare(strict_types=1);

defined('ABSPATH') || exit;

get_header();
?>
<h1>There is no such page</h1>
<div class="content">
  <p class="tubepulse-lead">It may have moved, or the address has a slip in it. The pages above are all there are; <a href="<?php echo esc_url(home_url('/')); ?>">the first one</a> is a good start.</p>
</div>
<?php
get_footer();
