#!/bin/sh
# Makes .venv out of the lock: uv when the machine has none, Python 3.10, the packages, the encoder file.
set -eu
uv=$1 lock=$2
die() { echo "footnote: $1" >&2; exit 1; }

[ -f "$lock" ] || die "no lock for this system ($lock); Footnote runs on Linux and on macOS"
free=$(df -Pk . | awk 'NR==2 {print $4}')
[ "$free" -gt 6000000 ] || die "less than 6 GB free here; free some space and run it again"

if ! command -v "$uv" >/dev/null 2>&1; then
  echo "Installing uv into .uv ..."
  python=$(command -v python3 || command -v python) || die "no Python found; install Python 3.9 or newer"
  "$python" -m venv .uv || die "cannot make a virtual environment; on Debian and Ubuntu run: apt-get install python3-venv"
  .uv/bin/python -m pip install --quiet --disable-pip-version-check uv || die "uv could not be installed; is the network there?"
  uv=.uv/bin/uv
fi

"$uv" python find 3.10 >/dev/null 2>&1 || "$uv" python install --quiet 3.10 >/dev/null 2>&1 \
  || die "no Python 3.10 here and none to be had; install it (pyenv install 3.10, or your system's python3.10 with its venv)"

echo "Installing the locked packages (about 3 GB; some minutes the first time) ..."
rm -f .venv/ready
[ -x .venv/bin/python ] || "$uv" venv --quiet --python 3.10 .venv || die "cannot make .venv; remove it and run it again"
"$uv" pip sync --python .venv "$lock" --require-hashes --compile-bytecode --quiet \
  || die "the packages could not be installed; see above, then run it again"
.venv/bin/python -m bot.nlu.encoder_file || die "the encoder file could not be made; see above"
date > .venv/ready
