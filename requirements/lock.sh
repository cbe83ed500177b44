#!/bin/sh
# Pins every requirement with hashes, one file a platform: a lock for all platforms at once does not resolve,
# because some packages drop Python 3.10 on platforms that nobody here uses.
set -eu
uv=$1
for pair in linux:x86_64-manylinux_2_28 darwin:aarch64-apple-darwin; do
  name=${pair%%:*} platform=${pair#*:}
  "$uv" pip compile pyproject.toml --extra test --python-version 3.10 --python-platform "$platform" \
    --override requirements/overrides.txt --generate-hashes --no-header --no-annotate --no-emit-index-url \
    -o "requirements/lock-$name.txt" --quiet
done
