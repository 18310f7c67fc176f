#!/bin/sh
# Run by the image's entrypoint before nginx starts.
set -eu
follow-app once
touch /tmp/follow-app.alive
follow-app &
