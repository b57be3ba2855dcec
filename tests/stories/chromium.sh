#!/bin/sh
# The browser of the stories, from the system's packages. Chromium without a window first: the same engine,
# for half the work; where there is none, the one that is here.
here() { command -v "$1" >/dev/null 2>&1; }
here chromium-headless-shell && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
if [ -z "$as_root" ] || sudo -n true 2>/dev/null; then
  if here apt-get; then
    install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
    $as_root apt-get update -qq
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
