#!/bin/sh
# Prints the path of a Python that can build .venv: 3.11, 3.12 or 3.13, with venv and ensurepip.
# Each candidate is run: shims and links to versions that are not there are common.
probe='
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit("version")
try:
    import ensurepip, venv
except ImportError:
    print("%d.%d" % sys.version_info[:2])
    sys.exit(3)
print(getattr(sys, "_base_executable", None) or sys.executable)  # never one inside a .venv: that may be rebuilt
'
bare=
for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
    [ -n "$candidate" ] || continue
    answer=$("$candidate" -c "$probe" 2>/dev/null </dev/null)
    case $? in
        0) [ -n "$answer" ] && printf '%s\n' "$answer" && exit 0 ;;
        3) bare=${bare:-$answer} ;;
    esac
done
if [ -n "$bare" ]; then
    echo "Python $bare has no venv module: install it (apt-get install python$bare-venv), or set PYTHON to another Python 3.11, 3.12 or 3.13" >&2
else
    echo "no Python 3.11, 3.12 or 3.13 was found: install one (apt-get install python3 python3-venv where that is one of them), or set PYTHON to its path" >&2
fi
exit 2
