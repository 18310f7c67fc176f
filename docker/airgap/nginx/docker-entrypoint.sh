#!/bin/sh
# As the official entrypoint: templates are filled in and /docker-entrypoint.d is run before nginx starts.
set -e

if [ "$1" = nginx ]; then
  output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
  for template in "${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}"/*.template; do
    [ -f "$template" ] || continue
    defined=$(env | cut -d= -f1 | sed 's/.*/${&}/' | tr '\n' ' ')
    # shellcheck disable=SC2094 # two different files
    envsubst "$defined" <"$template" >"$output/$(basename "$template" .template)"
  done
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then "$script"; fi
  done
fi
exec "$@"
