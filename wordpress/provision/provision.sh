#!/bin/bash
# Brings the site to what the environment and this folder say; run at every start, before Apache.
#   WORDPRESS_DB_* and so on   as wp-config.php reads them
#   WORDPRESS_ADMIN_PASSWORD   of the user admin, in wp-admin; or WORDPRESS_ADMIN_PASSWORD_FILE
#   WPDATATABLES=off           without the plugin, even if it is there
# One line a change on stdout, "nothing to change" where there is none. What is wrong with an optional part is said
# on stderr, and the rest goes on.
set -euo pipefail

here=$(dirname "$0")
changes=$(mktemp)
trap 'rm -f "$changes"' EXIT
for step in wait install plugins content; do
    php "$here/$step.php" | tee -a "$changes"
done
if [[ ! -s $changes ]]; then echo "nothing to change"; fi
