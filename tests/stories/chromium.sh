#!/bin/sh
# The browser of the stories, from the system's packages. Chromium without a window first: the same engine,
# for half the work; where there is none, the one that is here.
here() { command -v "$1" >/dev/null 2>&1; }
here chromium-headless-shell && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
if [ -z "$as_root" ] || sudo -n true 2>/dev/null; then
  if here apt-get; then
    # A machine cut off from the packages says so soon.
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=10"
    install="$apt install -y --no-install-recommends"
    $install chromium-headless-shell 2>/dev/null && exit 0
    $apt update
    $install chromium-headless-shell && exit 0
  elif here dnf; then
    install="$as_root dnf install -y -q"
  elif here pacman; then
    install="$as_root pacman -S --noconfirm --quiet"
  fi
fi
for name in chromium chromium-browser google-chrome; do
  here "$name" && exit 0
done
[ -n "$install" ] && $install chromium && exit 0
echo "Les essais dans un navigateur demandent Chromium, qui n'a pas pu être installé ici." >&2
echo "Installez-le (par exemple : sudo apt-get install chromium-headless-shell), puis relancez make test." >&2
exit 1
