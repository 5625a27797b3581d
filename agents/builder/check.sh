#!/usr/bin/env bash
# The committed bundle is what these sources give: types, tests, and a rebuild that is the same byte for byte.
# Users need no Node; whoever changes the builder does. Without Node this says so and checks nothing.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node is not installed: the builder's bundle is not checked (it needs Node 20 or newer)."
  exit 0
fi
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
  echo "Node $(node --version) is too old to check the builder's bundle: it needs 20 or newer."
  exit 0
fi

# Installed once, and again when the lock changes.
if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
  npm ci --silent
  touch node_modules/.installed
fi
npm run --silent types
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
npm run --silent test >"$built.log" 2>&1 || { cat "$built.log"; rm -f "$built.log"; exit 1; }
rm -f "$built.log"
BUILDER_OUT="$built" npm run --silent bundle -- --logLevel warn
if ! diff -rq "$built" ../static/agents/builder; then
  echo "The committed bundle is not what the sources give: run 'make builder'."
  exit 1
fi
