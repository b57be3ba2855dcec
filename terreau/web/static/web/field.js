// What pages that work without network are made of: their elements, their forms, what waits to leave.
// Each brings its own screens, and says how it draws them: `start(draw)`.
import { Outbox } from "./outbox.js";

export const { slug, name, title, page, data: dataUrl, send, worker, login, home, homeTitle } = document.body.dataset;
export const outbox = new Outbox(`terreau-${name}-${slug}`, send);
export const $ = (id) => document.getElementById(id);
const NUMBER = /^\d{1,7}(?:[.,]\d{1,3})?$/;
const PHOTO_SIDE = 1600, PHOTO_BYTES = 1_400_000;

/** What is known: the list that was brought along, what was noted since, whether one is signed in. */
export const known = { day: null, entries: [], signedOut: false };
let drawScreen = () => {};

// Making pages.

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return made;
}

export const picture = (name) =>
  $("pictograms").content.querySelector(`[data-name="${name}"]`).firstElementChild.cloneNode(true);
export const badge = (text, tone) => el("span", { class: `badge ${tone}` }, text);
export const notice = (tone, ...said) => el("div", { class: `notice ${tone}`, role: "alert" }, picture("triangle-alert"), el("p", {}, said));
export const plural = (n, word) => `${n} ${word}${n > 1 ? "s" : ""}`;
export const moment = (iso) => {
  const at = new Date(iso);
  return `${at.toLocaleDateString("fr-FR", { weekday: "short", day: "numeric", month: "short" })} à ${at.getHours()} h ${String(at.getMinutes()).padStart(2, "0")}`;
};

export function toast(text) {
  $("toasts").replaceChildren(el("div", { class: "toast" }, picture("check"), el("p", {}, text)));
  setTimeout(() => $("toasts").replaceChildren(), 6000);
}

export function show(heading, about, way, ...children) {
  $("way").replaceChildren(...(way ? [way] : []));
  $("title").textContent = heading;
  document.title = `${heading} · ${title}`;
  $("about").textContent = about;
  $("about").hidden = !about;
  $("screen").replaceChildren(...children.flat(Infinity).filter(Boolean));
}

export const back = (where, text) => el("a", { class: "field-back", href: where }, picture("arrow-left"), text);

export const waits = (test) => known.entries.some((entry) => entry.state === "waiting" && test(entry));

async function fetchDay() {
  try {
    const answer = await fetch(dataUrl, { redirect: "manual" });
    known.signedOut = answer.type === "opaqueredirect" || [401, 403].includes(answer.status);
    if (answer.ok) known.day = await answer.json();
  } catch { /* no network, and nothing kept yet */ }
  redraw();
}

/** A form being filled is not drawn again under the fingers. */
function redraw() {
  if ($("screen").querySelector("form")) drawState();
  else draw();
}

// The forms. `former` is an entry that was refused, and comes back with what was typed.

export function numberField(label, unit, value, extra) {
  const input = el("input", { id: "number", inputmode: "decimal", autocomplete: "off", value: value ?? "", "aria-describedby": "number-error" });
  const unitSign = el("span", { class: "unit", "aria-hidden": "true" }, unit);
  const error = el("p", { class: "error", id: "number-error", hidden: true });
  const field = el("div", { class: "field" }, el("label", { for: "number" }, label), el("div", { class: "entry" }, input, unitSign), error, extra);
  const read = () => {
    const typed = input.value.replace(/\s/g, "");
    const good = NUMBER.test(typed) && Number(typed.replace(",", ".")) > 0;
    error.hidden = good;
    field.classList.toggle("wrong", !good);
    input.setAttribute("aria-invalid", String(!good));
    if (good) return typed;
    error.textContent = input.value.trim() ? `« ${input.value.trim()} » : écrivez un nombre au-dessus de zéro, par exemple 12,5.` : "Rien n’a été saisi : écrivez un nombre, par exemple 12,5.";
    input.focus();
    return null;
  };
  return { field, read, input, setUnit: (text) => { unitSign.textContent = text; } };
}

export const choice = (id, label, options, chosen) => el("div", { class: "field" }, el("label", { for: id }, label),
  el("select", { id }, options.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen) }, text))));

/** When it happened: now, unless one opens this. */
export function whenField(former) {
  const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const input = el("input", { id: "when", type: "datetime-local", value: local(former ? new Date(former.occurred_at) : new Date()) });
  const shown = el("details", { class: "more", open: Boolean(former) }, el("summary", {}, "Ce n’était pas maintenant"),
    el("div", { class: "field" }, el("label", { for: "when" }, "Quand"), input));
  const before = input.value;
  const read = () => {
    if (input.value && (former || input.value !== before)) return new Date(input.value).toISOString();
    return new Date().toISOString();
  };
  return { shown, read };
}

export function form(button, fields, when, submit) {
  return el("form", {
    class: "form", novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const made = event.target.querySelector("button[type=submit]");
      if (made.disabled) return;
      made.disabled = true;
      try {
        if (!await submit()) made.disabled = false;
      } catch (error) {
        made.disabled = false;
        $("notices").replaceChildren(notice("bad", "Ce téléphone n’a pas pu garder la saisie (mémoire pleine ?). Notez-la sur papier, puis libérez de la place."));
        throw error;
      }
    },
  }, fields, when.shown, el("div", { class: "form-actions" }, el("button", { class: "button primary big", type: "submit" }, picture("check"), button)));
}

export async function keep(entry, when, former, next) {
  const whole = { ...entry, occurred_at: when.read() };
  if (former) await outbox.correct(former.n, whole);
  else await outbox.add(whole);
  toast(`Noté : ${entry.label}.`);
  location.replace(next);
  return true;
}

/** A picture taken or chosen; `former` is one already kept. */
export function photoField(label, former) {
  let photo = former ?? null;
  const shown = el("div", { class: "field-photo" });
  const file = el("input", {
    id: "photo", type: "file", accept: "image/*", capture: "environment",
    onchange: async () => {
      photo = null;
      shown.replaceChildren();
      if (!file.files[0]) return;
      try {
        const [blob, canvas] = await reduced(file.files[0]);
        photo = blob;
        shown.replaceChildren(canvas);
      } catch {
        shown.replaceChildren(notice("bad", "Cette photo ne s’ouvre pas ici. Reprenez-la avec l’appareil."));
      }
    },
  });
  const field = el("div", { class: "field" }, el("label", { for: "photo" }, label, " ", el("small", {}, "facultatif")), file, photo && el("small", {}, "La photo déjà prise est gardée."), shown);
  return { field, read: () => photo };
}

/** A name drawn with a finger; whoever cannot draw types it, and that is enough. */
export function signatureField(label, former) {
  const canvas = el("canvas", { width: 600, height: 200, class: "field-sign", role: "img", "aria-label": label });
  const pen = canvas.getContext("2d");
  let drawn = false, kept = former ?? null;
  const wipe = () => {
    drawn = false;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
  };
  const to = (event) => [event.offsetX * canvas.width / canvas.clientWidth, event.offsetY * canvas.height / canvas.clientHeight];
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (!drawn) wipe();
    drawn = true;
    pen.beginPath();
    pen.moveTo(...to(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    pen.lineTo(...to(event));
    pen.stroke();
  });
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  wipe();
  const clear = el("button", { class: "button", type: "button", onclick: () => { kept = null; wipe(); } }, "Effacer");
  const field = el("div", { class: "field" }, el("span", {}, label, el("small", {}, " facultatif")), kept && el("small", {}, "Celle déjà faite est gardée."), canvas, clear);
  return { field, read: () => (drawn ? new Promise((resolve) => canvas.toBlob(resolve, "image/png")) : kept) };
}

/** Smaller, upright, and without what the camera wrote beside the picture: where, when, with what. */
async function reduced(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, PHOTO_SIDE / Math.max(image.width, image.height));
  const canvas = el("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale), role: "img", "aria-label": "La photo prise" });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.82, 0.6, 0.4]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= PHOTO_BYTES) return [blob, canvas];
  }
  throw new Error("photo");
}

// What waits to leave.

export function queueScreen() {
  const line = (entry) => {
    const refused = entry.state === "refused";
    const drop = el("button", {
      class: "button danger", type: "button",
      onclick: async () => {
        if (drop.dataset.sure) {
          if (!await outbox.discard(entry.n)) toast(document.body.dataset.undo);
        } else { drop.dataset.sure = "1"; drop.lastChild.textContent = "Oui, la jeter"; }
      },
    }, picture("trash-2"), refused ? "Jeter" : "Retirer");
    return el("li", { class: refused ? "wrong" : "" },
      el("div", { class: "grow" }, el("span", { class: "what" }, entry.label), el("p", {}, moment(entry.occurred_at))),
      refused && el("p", { class: "error" }, entry.message),
      refused && el("a", { class: "button", href: `#corriger-${entry.n}` }, picture("pencil"), "Corriger"), drop);
  };
  const refused = known.entries.filter((entry) => entry.state === "refused");
  const waiting = known.entries.filter((entry) => entry.state === "waiting");
  show("Ce qui part d’ici", "", back(home, homeTitle),
    !known.entries.length && el("p", {}, "Tout est envoyé : ce téléphone ne garde plus rien pour lui seul."),
    refused.length > 0 && [el("h2", {}, "À corriger"), el("ul", { class: "lines" }, refused.map(line))],
    waiting.length > 0 && [el("h2", {}, "En attente"), el("ul", { class: "lines" }, waiting.map(line)),
      el("button", { class: "button big", type: "button", onclick: () => outbox.flush() }, picture("check"), "Essayer d’envoyer maintenant")]);
}

export function drawState() {
  const refused = known.entries.filter((entry) => entry.state === "refused").length;
  const waiting = known.entries.length - refused;
  const out = known.signedOut || outbox.trouble === "signed-out";
  const offline = outbox.trouble === "offline" || !navigator.onLine;
  const words = [
    out ? "Reconnectez-vous" : offline ? "Hors réseau" : "",
    refused ? plural(refused, "refusée") : "",
    waiting ? `${waiting} en attente` : "",
  ].filter(Boolean);
  $("state").textContent = words.join(" · ") || "Tout est envoyé";
  $("state").dataset.tone = refused || out ? "bad" : waiting || offline ? "wait" : "";
  $("notices").replaceChildren(...[
    out && notice("bad", "Vous n’êtes plus connecté : vos saisies restent ici. ", el("a", { href: `${login}?next=${encodeURIComponent(location.pathname)}` }, "Reconnectez-vous"), " pour les envoyer."),
    !out && outbox.trouble === "server" && notice("warn", "Le serveur n’a pas pu répondre : vos saisies restent ici, un nouvel essai suivra."),
    !isSecureContext && notice("warn", "Cette adresse n’est pas en https : la page ne s’ouvrira pas sans réseau."),
  ].filter(Boolean));
}

// Where one is: the address says it, so that the back button works.

function draw() {
  drawState();
  if (location.hash === "#envoi") queueScreen();
  else if (known.day) drawScreen();
  else show($("screen").dataset.title, "", null, notice("warn", known.signedOut ? "Reconnectez-vous pour recevoir la liste." : "La liste n’est pas encore sur ce téléphone. Ouvrez cette page une fois avec du réseau."));
}

async function refresh() {
  known.entries = await outbox.all();
  redraw();
}

/** `screens` draws what the address says; `scopes` are the addresses that this page answers for. */
export async function start(screens, scopes = [page]) {
  drawScreen = screens;
  outbox.addEventListener("change", refresh);
  outbox.addEventListener("sent", fetchDay);
  addEventListener("hashchange", () => { draw(); scrollTo(0, 0); });
  addEventListener("offline", drawState);
  addEventListener("online", () => outbox.flush());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) outbox.flush(); });
  for (const scope of navigator.serviceWorker ? scopes : []) navigator.serviceWorker.register(worker, { scope });
  navigator.storage?.persist?.();
  known.entries = await outbox.all();
  draw();
  fetchDay();
  outbox.flush();
}
