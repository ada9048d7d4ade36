#!/usr/bin/env bash
# The toy model of src/toy.rs in this crate, in Mesa, in AgentPy and in plain Python, one after
# another on one core of one machine: agent-steps a second side by side. Fails when they do not
# all end with the same stake.
#
#   crates/sim/benches/peers/compare.sh [options of `cargo bench`]
#
# Needs cargo, Python 3.11 or later with venv, and on the first run the package index.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
venv="${CARGO_TARGET_DIR:-$root/target}/peers"

[[ -x "$venv/bin/python" ]] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"

cd "$root"
ours="$(cargo bench --quiet --package homeostat-sim --bench toy "$@" | grep '^toy ')"
# shellcheck disable=SC2086 # the line is a list of fields
"$venv/bin/python" "$here/toy.py" $ours
