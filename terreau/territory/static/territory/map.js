// On a narrow screen the map slides: it opens on the home territory, not on its western edge.
for (const sheet of document.querySelectorAll(".map-window")) {
  const home = sheet.querySelector(".map-home").getBoundingClientRect();
  sheet.scrollLeft += home.left + home.width / 2 - sheet.getBoundingClientRect().left - sheet.clientWidth / 2;
}
