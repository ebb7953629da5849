<?php
// In WordPress's place: wait.php wants wp-config.php's settings, and WordPress gives up without its database.
