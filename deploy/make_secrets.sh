#!/usr/bin/env bash
# make_secrets.sh [FOLDER]: the secrets of a new installation, one file each; what is there already stays.
# Keep a copy of sealing_keys elsewhere: without it the sealed keys of tools and carriers cannot be read any more.
set -euo pipefail
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"

word() { head -c 48 /dev/urandom | base64 | tr -d '+/=\n' | head -c 48; }

for name in database_password secret_key worker_token sealing_keys metrics_token grafana_password; do
  [ -s "$folder/$name" ] || word >"$folder/$name"
done
[ -s "$folder/database_url" ] ||
  printf 'postgresql://parley:%s@postgres/parley' "$(cat "$folder/database_password")" >"$folder/database_url"
# The folder is closed to everybody else on this host; the files are open to the users of the containers, which see only these.
chmod 0700 "$folder"
chmod 0444 "$folder"/*
echo "Secrets are in $folder."
