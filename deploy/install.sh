#!/usr/bin/env bash
# install.sh VENV REQUIREMENTS: create the environment and install a hash-locked set into it.
# Says which Python it takes, shows progress, keeps pip's log and shows its end when something fails.
set -euo pipefail

venv=$1
requirements=$2
root=$(cd "$(dirname "$0")/.." && pwd)

fits() { # between 3.11 and 3.13; a pyenv shim may exist and yet not run
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

choose_python() {
  if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" && { echo "$PYTHON"; return; }
    echo "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13." >&2
    return 1
  fi
  for candidate in python3.11 python3.12 python3.13 python3 python; do
    if fits "$candidate"; then echo "$candidate"; return; fi
  done
  found=$(python3 --version 2>&1 || echo "no python3 at all")
  cat >&2 <<MESSAGE
Parley needs Python 3.11, 3.12 or 3.13; this machine has: $found.
Install one (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13),
or point to one: make run PYTHON=/path/to/python3.12
MESSAGE
  return 1
}

if [ -e "$venv/bin/python" ] && ! fits "$venv/bin/python"; then
  echo "The Python of $venv is gone or does not fit: building it anew."
  rm -rf "$venv"
fi
if [ ! -e "$venv/bin/pip" ]; then
  python=$(choose_python)
  echo "Creating $venv with $("$python" --version 2>&1)"
  said=$(mktemp)
  if ! "$python" -m venv "$venv" >"$said" 2>&1; then
    cat "$said" >&2
    echo "Could not create the environment. On Debian and Ubuntu the module is a package: apt-get install python3-venv" >&2
    rm -rf "$venv" "$said"
    exit 1
  fi
  rm -f "$said"
fi

total=$(grep -c '==' "$requirements")
log=$venv/install.log
echo "Installing $total packages from $requirements (a minute or two the first time; log in $log)"

show_progress() { # one line that counts on a terminal, silence elsewhere
  if [ -t 1 ]; then
    awk -v total="$total" '
      /^(Collecting|Requirement already)/ { seen++; printf "\r  %d of %d: %-45.45s", seen, total, $2 == "already" ? $4 : $2; fflush() }
      /^Installing collected/ { printf "\r  unpacking %d packages %-40s", seen, ""; fflush() }
      END { printf "\r%-70s\r", "" }'
  else
    cat >/dev/null
  fi
}

# The lock is complete and hashed, so there is nothing to resolve. pip compiles on one core: that is done below, on all.
if ! "$venv/bin/python" -m pip install --no-compile --no-deps --require-hashes --disable-pip-version-check --progress-bar off \
  --requirement "$requirements" 2>&1 | tee "$log" | show_progress; then
  tail -n 15 "$log" >&2
  echo "Installing failed (above: the end of $log). Check the network and free disk space, then run the same command again." >&2
  exit 1
fi

# The project itself: two folders on the path. `platform` holds packages and is none itself.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n%s\n' "$root" "$root/platform" >"$site/parley.pth"

# Packages hold files that are no Python of ours (templates, other versions): what does not compile is not an error.
"$venv/bin/python" -m compileall -qq -j 0 "$site" || true
echo "Environment ready."
