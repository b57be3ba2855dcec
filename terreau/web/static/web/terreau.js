// Every page works without this file; it only makes gestures quicker and surer.

document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest(".toast")?.remove();
  // An open menu closes when one looks elsewhere.
  for (const menu of document.querySelectorAll("details:is(.account, .menu)[open]"))
    if (!menu.contains(event.target)) menu.open = false;
});

// « / » goes to the search, unless one is writing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const field = document.querySelector("main #q") ?? document.getElementById("seek");
  if (!field?.checkVisibility()) return;
  event.preventDefault();
  field.select();
  field.focus();
});

// Where doors are more than the screen holds, the one we came in by is seen.
const doors = document.getElementById("nav");
const here = doors?.querySelector("[aria-current]");
if (here) doors.scrollTop = here.offsetTop - doors.offsetTop - doors.clientHeight / 2;

// Gloves tap twice: the second tap must not send a second time.
const sending = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  sending.add(form);
  form.setAttribute("aria-busy", "true");
}, true);
const sent = (form) => {
  sending.delete(form);
  form.removeAttribute?.("aria-busy");
};
document.addEventListener("htmx:afterRequest", (event) => sent(event.detail.elt));

// A page brought back by the back button is a new gesture: it gets new keys.
addEventListener("pageshow", (event) => {
  for (const form of document.forms) sent(form);
  if (!event.persisted || !crypto.randomUUID) return;
  for (const input of document.querySelectorAll("input[data-key]")) input.value = crypto.randomUUID();
});

// On a phone, the tab one is on is never out of sight.
const showTab = () => {
  for (const here of document.querySelectorAll(".tabs [aria-current]")) {
    const tabs = here.parentElement, aside = (tabs.clientWidth - here.clientWidth) / 2;
    tabs.scrollLeft += here.getBoundingClientRect().left - tabs.getBoundingClientRect().left - aside;
  }
};
showTab();
document.addEventListener("htmx:afterSwap", showTab);

// Signed out meanwhile: the answer is a whole page, shown as one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (!/^\s*<!doctype/i.test(xhr.response)) return;
  event.detail.shouldSwap = false;
  if (xhr.status < 400) location.assign(xhr.responseURL);
});

const say = (text) => {
  for (const former of document.querySelectorAll(".toast.error")) former.remove();
  const toast = document.createElement("div");
  toast.className = "toast error";
  toast.innerHTML = '<p></p><button class="button small" type="button" data-close>Fermer</button>';
  toast.firstChild.textContent = text;
  document.getElementById("toasts")?.append(toast);
};
document.addEventListener("htmx:sendError", () => say("Pas de réseau : rien n’a été envoyé, votre saisie est toujours là. Réessayez quand le réseau revient."));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 403) say("Ce geste ne vous est pas ouvert, ou la page a vieilli : rechargez-la, puis recommencez.");
  else if (status === 404) say("Ce que vous cherchez n’est plus à cette adresse. Rechargez la page.");
  else say("Le serveur n’a pas pu finir : rien n’a été perdu de votre saisie. Réessayez.");
});

const ready = () => {
  for (const button of document.querySelectorAll("[data-close][hidden]")) button.hidden = false;
};
document.addEventListener("htmx:afterSettle", (event) => {
  ready();
  if (event.detail.target?.id === "main") event.detail.target.focus({ preventScroll: true });
});
ready();
