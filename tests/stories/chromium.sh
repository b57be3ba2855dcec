#!/bin/sh
# The browser of the stories: the system's Chromium, installed by its package manager when that is possible.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null && as_root="sudo -n"
  [ -z "$as_root" ] && { missing=1; }
fi
if [ -z "$missing" ]; then
  if command -v apt-get >/dev/null 2>&1; then
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium && exit 0
  elif command -v dnf >/dev/null 2>&1; then
    $as_root dnf install -y -q chromium && exit 0
  elif command -v pacman >/dev/null 2>&1; then
    $as_root pacman -S --noconfirm --quiet chromium && exit 0
  fi
fi
echo "Les essais dans un navigateur demandent Chromium, qui n'a pas pu être installé ici." >&2
echo "Installez-le (par exemple : sudo apt-get install chromium), puis relancez make test." >&2
exit 1
