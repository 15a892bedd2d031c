# shellcheck shell=bash
# Sourced by the other scripts: paths, messages, the choice of a build.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
  echo "$*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# show_help ARGUMENT...: for -h or --help, prints the comment at the top of the script and ends.
show_help() {
  [[ "${1:-}" == -h || "${1:-}" == --help ]] || return 0
  sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"
  exit 0
}

# nvcc is often installed outside the PATH.
find_nvcc() {
  command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null
}

# MICROFICHE_PRESET, or cuda if nvcc and a GPU exist, or cpu.
default_preset() {
  if [[ -n "${MICROFICHE_PRESET:-}" ]]; then
    echo "$MICROFICHE_PRESET"
  elif find_nvcc >/dev/null && nvidia-smi -L >/dev/null 2>&1; then
    echo cuda
  else
    echo cpu
  fi
}

# build PRESET TARGET...: one job per core, and at least 2 GB of memory per job.
build() {
  local memory_gb jobs
  memory_gb=$(awk '/MemTotal/ { print int($2 / 1048576) }' /proc/meminfo)
  jobs=$((memory_gb / 2 < $(nproc) ? memory_gb / 2 : $(nproc)))
  ninja -C "$root/build/$1" -j "$((jobs > 0 ? jobs : 1))" "${@:2}" |
    { grep --line-buffered -vE '^ninja: (Entering|no work)|\] Commit$' || true; } >&2
}
