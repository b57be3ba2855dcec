// The field page: a bed, a gesture, a number. It asks the network for nothing that it cannot do without.
import { Outbox } from "./outbox.js";

const { slug, page, data: dataUrl, send, worker, login } = document.body.dataset;
const outbox = new Outbox(`terreau-terrain-${slug}`, send);
const $ = (id) => document.getElementById(id);
const ownBed = location.pathname.match(/planche\/(\d+)\/$/)?.[1];
const NUMBER = /^\d{1,7}(?:[.,]\d{1,3})?$/;
const PHOTO_SIDE = 1600, PHOTO_BYTES = 1_400_000;

let day = null, entries = [], signedOut = false, block = "", sought = "";

// Making pages.

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return made;
}

const picture = (name) =>
  $("pictograms").content.querySelector(`[data-name="${name}"]`).firstElementChild.cloneNode(true);
const badge = (text, tone) => el("span", { class: `badge ${tone}` }, text);
const notice = (tone, ...said) => el("div", { class: `notice ${tone}`, role: "alert" }, picture("triangle-alert"), el("p", {}, said));
const plural = (n, word) => `${n} ${word}${n > 1 ? "s" : ""}`;
const moment = (iso) => {
  const at = new Date(iso);
  return `${at.toLocaleDateString("fr-FR", { weekday: "short", day: "numeric", month: "short" })} à ${at.getHours()} h ${String(at.getMinutes()).padStart(2, "0")}`;
};

function toast(text) {
  $("toasts").replaceChildren(el("div", { class: "toast" }, picture("check"), el("p", {}, text)));
  setTimeout(() => $("toasts").replaceChildren(), 6000);
}

function show(title, about, way, ...children) {
  $("way").replaceChildren(...(way ? [way] : []));
  $("title").textContent = title;
  document.title = `${title} · Terrain`;
  $("about").textContent = about;
  $("about").hidden = !about;
  $("screen").replaceChildren(...children.flat(Infinity).filter(Boolean));
}

const back = (where, text) => el("a", { class: "field-back", href: where }, picture("arrow-left"), text);

// What is known of the garden.

const bedOf = (id) => day?.beds.find((bed) => bed.id === id);
const productOf = (id) => day?.products.find((product) => product.id === id);
const said = (amount, unit) => `${amount} ${unit}${unit === "pièce" && Number(String(amount).replace(",", ".")) >= 2 ? "s" : ""}`;
const lower = (name) => name.charAt(0).toLowerCase() + name.slice(1);
const waits = (test) => entries.some((entry) => entry.state === "waiting" && test(entry));
const isDue = (bed) =>
  day.ripe.some((ripe) => ripe.bed === bed.id && ripe.due !== null) || day.tasks.some((task) => task.bed === bed.id);

async function fetchDay() {
  try {
    const answer = await fetch(dataUrl, { redirect: "manual" });
    signedOut = answer.type === "opaqueredirect" || [401, 403].includes(answer.status);
    if (answer.ok) day = await answer.json();
  } catch { /* no network, and nothing kept yet */ }
  redraw();
}

/** A form being filled is not drawn again under the fingers. */
function redraw() {
  if ($("screen").querySelector("form")) drawState();
  else draw();
}

// The screens.

function bedsScreen() {
  const blocks = [...new Set(day.beds.map((bed) => bed.block))];
  const list = el("div", { class: "stack" });
  const search = el("input", {
    id: "seek", type: "search", value: sought, autocomplete: "off", placeholder: "A2…",
    oninput: () => { sought = search.value; fill(); },
  });
  const fill = () => {
    const words = sought.trim().toLowerCase();
    const found = day.beds.filter((bed) => (!block || bed.block === block) && bed.name.toLowerCase().includes(words));
    const due = words || block ? [] : found.filter(isDue);
    list.replaceChildren(
      ...(due.length ? [el("h2", {}, "On y attend quelque chose"), bedGrid(due), el("h2", {}, "Toutes les planches")] : []),
      found.length ? bedGrid(found) : el("p", { class: "soft" }, "Aucune planche ne porte ce nom. Effacez la recherche pour toutes les voir."),
    );
  };
  const choose = (name) => el("button", {
    class: "button", type: "button", "aria-pressed": String(block === name),
    onclick: () => { block = block === name ? "" : name; draw(); },
  }, name);
  fill();
  show("Où êtes-vous ?", `Liste du ${moment(day.made_at)}`, null,
    el("div", { class: "field" }, el("label", { for: "seek" }, "Planche"), search),
    blocks.length > 1 && el("div", { class: "field-blocks", role: "group", "aria-label": "Blocs" }, blocks.map(choose)),
    list,
    el("a", { class: "button big", href: "#heures" }, picture("clock"), "Heures sans planche"));
}

function bedGrid(beds) {
  return el("div", { class: "field-beds" }, beds.map((bed) => el("a", {
    href: `#planche-${bed.id}`, class: isDue(bed) ? "due" : "", "aria-label": isDue(bed) ? `${bed.name}, quelque chose à faire` : bed.name,
  }, bed.name.replace(/^Planche /, ""))));
}

function tile(href, icon, tone, verb, about, mark) {
  return el("a", { class: `gesture ${tone}`, href }, picture(icon), el("span", { class: "verb" }, verb),
    el("span", { class: "about" }, about, mark && el("br"), mark));
}

function bedScreen(bed) {
  const growing = day.growing.filter((line) => line.bed === bed.id);
  const ripe = day.ripe.filter((line) => line.bed === bed.id);
  const tasks = day.tasks.filter((line) => line.bed === bed.id);
  const noted = (yes) => yes && badge("Noté", "wait");
  const harvests = ripe.map((line, rank) => {
    const product = productOf(line.product);
    if (!product) return null;
    const about = line.due === null ? "attendue cette semaine" : `${said(line.due, product.unit)} au plan`;
    const mark = noted(waits((e) => e.kind === "harvest" && e.bed === bed.id && e.product === line.product));
    return tile(`#planche-${bed.id}/recolte-${line.product}`, "carrot", rank ? "" : "first", `Récolter ${lower(product.name)}`,
      about, mark || (line.late && badge("En retard", "warn")));
  });
  const works = tasks.map((line) => tile(`#planche-${bed.id}/geste-${line.id}`, "shovel", "tone-3", line.gesture,
    [`${line.crop} · ${line.hours} h prévues`, line.late && ` · semaine ${line.week}`], noted(waits((e) => e.task === line.id)) || (line.late && badge("En retard", "warn"))));
  show(bed.name, growing.map((line) => `${line.name}, ${line.state}`).join(" · ") || (new Set(day.beds.map((one) => one.block)).size > 1 ? bed.block : ""),
    back("#planches", "Une autre planche"),
    el("div", { class: "field-tiles" }, harvests, works,
      tile(`#planche-${bed.id}/recolte`, "carrot", "", ripe.length ? "Récolter autre chose" : "Récolter", "choisir le produit"),
      tile(`#planche-${bed.id}/travail`, "shovel", "tone-3", tasks.length ? "Autre travail" : "Travail fait", "le geste et les heures"),
      tile(`#planche-${bed.id}/note`, "eye", "tone-6", "Observer", "quelques mots, une photo")));
}

// The forms. `former` is an entry that was refused, and comes back with what was typed.

function numberField(label, unit, value, extra) {
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

const choice = (id, label, options, chosen) => el("div", { class: "field" }, el("label", { for: id }, label),
  el("select", { id }, options.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen) }, text))));

/** When it happened: now, unless one opens this. */
function whenField(former) {
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

function form(button, fields, when, submit) {
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

async function keep(entry, when, former, next) {
  const whole = { ...entry, occurred_at: when.read() };
  if (former) await outbox.correct(former.n, whole);
  else await outbox.add(whole);
  toast(`Noté : ${entry.label}.`);
  location.replace(next);
  return true;
}

function harvestForm(bed, productId, former) {
  const ripe = day.ripe.find((line) => line.bed === bed.id && line.product === productId);
  const product = productOf(productId);
  const chosen = product ? null : choice("product", "Produit", [["", "Choisir…"], ...day.products.map((p) => [p.id, p.name])], former?.product);
  const select = chosen?.querySelector("select");
  const number = numberField("Poids ou nombre", product?.unit ?? productOf(former?.product)?.unit ?? "kg", former?.quantity ?? ripe?.due);
  const when = whenField(former);
  select?.addEventListener("change", () => number.setUnit(productOf(Number(select.value))?.unit ?? "kg"));
  show(product ? `Récolter ${lower(product.name)}` : "Récolter", bed.name, back(`#planche-${bed.id}`, bed.name),
    former && notice("bad", former.message),
    form("Enregistrer", [chosen, number.field], when, () => {
      const what = product ?? productOf(Number(select.value));
      if (!what) { select.focus(); return false; }
      const quantity = number.read();
      return quantity && keep({ kind: "harvest", bed: bed.id, product: what.id, quantity, label: `${what.name}, ${bed.name}, ${said(quantity, what.unit)}` }, when, former, `#planche-${bed.id}`);
    }));
  number.input.focus();
  number.input.select();
}

function picks(input) {
  return el("div", { class: "field-picks" }, ["0,25", "0,5", "1", "2", "4"].map((hours) =>
    el("button", { class: "button", type: "button", onclick: () => { input().value = hours; } }, `${hours} h`)));
}

function workForm(bed, taskId, former) {
  const task = day.tasks.find((line) => line.id === taskId);
  const growing = bed ? day.growing.filter((line) => line.bed === bed.id) : [];
  const trades = [...$("trades").content.children].map((option) => [option.value, option.textContent]);
  const chosen = task ? [] : [choice("trade", "Geste", trades, former?.trade ?? trades[1]?.[0])];
  if (!task && growing.length) chosen.push(choice("planting", "Culture", [...growing.map((line) => [line.id, line.name]), ["", "aucune"]], former ? former.planting ?? "" : growing[0].id));
  const number = numberField("Heures passées", "h", former?.quantity ?? task?.hours, picks(() => number.input));
  const when = whenField(former);
  const home = bed ? `#planche-${bed.id}` : "#planches";
  show(task ? task.gesture : bed ? "Travail fait" : "Heures sans planche", task ? `${task.crop} · ${bed.name}` : bed?.name ?? "", back(home, bed?.name ?? "Les planches"),
    former && notice("bad", former.message),
    form("Enregistrer", [chosen, number.field], when, () => {
      const quantity = number.read();
      if (!quantity) return false;
      const trade = task?.trade ?? $("trade").value;
      const planting = task ? task.planting : Number($("planting")?.value) || null;
      const gesture = task?.gesture ?? trades.find(([code]) => code === trade)[1];
      const entry = { kind: "work", bed: bed?.id ?? null, task: task?.id ?? null, planting, trade, quantity };
      return keep({ ...entry, label: `${gesture}${bed ? `, ${bed.name}` : ""}, ${quantity} h` }, when, former, home);
    }));
}

function noteForm(bed, former) {
  const growing = day.growing.filter((line) => line.bed === bed.id);
  const text = el("textarea", { id: "text", maxlength: 500 });
  text.value = former?.text ?? "";
  let photo = former?.photo ?? null;
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
  const when = whenField(former);
  show("Observer", bed.name, back(`#planche-${bed.id}`, bed.name), former && notice("bad", former.message),
    form("Enregistrer", [
      el("div", { class: "field" }, el("label", { for: "text" }, "Ce qui a été vu"), text),
      el("div", { class: "field" }, el("label", { for: "photo" }, "Photo ", el("small", {}, "facultatif")), file, photo && el("small", {}, "La photo déjà prise est gardée."), shown),
    ], when, () => {
      const seen = text.value.trim();
      if (!seen && !photo) { text.focus(); return false; }
      const entry = { kind: "note", bed: bed.id, planting: growing.length === 1 ? growing[0].id : null, text: seen, photo };
      return keep({ ...entry, label: `observation, ${bed.name}` }, when, former, `#planche-${bed.id}`);
    }));
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

function queueScreen() {
  const line = (entry) => {
    const refused = entry.state === "refused";
    const drop = el("button", {
      class: "button danger", type: "button",
      onclick: async () => {
        if (drop.dataset.sure) {
          if (!await outbox.discard(entry.n)) toast("Déjà envoyée : elle s’annule sur la page du jardin.");
        } else { drop.dataset.sure = "1"; drop.lastChild.textContent = "Oui, la jeter"; }
      },
    }, picture("trash-2"), refused ? "Jeter" : "Retirer");
    return el("li", { class: refused ? "wrong" : "" },
      el("div", { class: "grow" }, el("span", { class: "what" }, entry.label), el("p", {}, moment(entry.occurred_at))),
      refused && el("p", { class: "error" }, entry.message),
      refused && el("a", { class: "button", href: `#corriger-${entry.n}` }, picture("pencil"), "Corriger"), drop);
  };
  const refused = entries.filter((entry) => entry.state === "refused");
  const waiting = entries.filter((entry) => entry.state === "waiting");
  show("Ce qui part d’ici", "", back("#planches", "Les planches"),
    !entries.length && el("p", {}, "Tout est envoyé : ce téléphone ne garde plus rien pour lui seul."),
    refused.length > 0 && [el("h2", {}, "À corriger"), el("ul", { class: "lines" }, refused.map(line))],
    waiting.length > 0 && [el("h2", {}, "En attente"), el("ul", { class: "lines" }, waiting.map(line)),
      el("button", { class: "button big", type: "button", onclick: () => outbox.flush() }, picture("check"), "Essayer d’envoyer maintenant")]);
}

// Where one is: the address says it, so that the back button works.

function draw() {
  drawState();
  if (!day) {
    if (location.hash === "#envoi") { queueScreen(); return; }
    show("Où êtes-vous ?", "", null, notice("warn", signedOut ? "Reconnectez-vous pour recevoir la liste des planches." : "La liste des planches n’est pas encore sur ce téléphone. Ouvrez cette page une fois avec du réseau."));
    return;
  }
  const hash = location.hash || (ownBed ? `#planche-${ownBed}` : "#planches");
  const [, name, id, gesture, what] = hash.match(/^#([a-z]+)(?:-(\d+))?(?:\/([a-z]+)(?:-(\d+))?)?$/) ?? [];
  if (name === "envoi") queueScreen();
  else if (name === "heures") workForm(null, 0);
  else if (name === "corriger") correctScreen(entries.find((entry) => entry.n === Number(id)));
  else if (name === "planche") onBed(Number(id), gesture, Number(what));
  else bedsScreen();
}

function onBed(id, gesture, what) {
  const bed = bedOf(id);
  if (!bed) show("Planche inconnue", "", back("#planches", "Toutes les planches"), notice("warn", "Cette planche n’est pas dans la liste du jardin."));
  else if (gesture === "recolte") harvestForm(bed, what || 0);
  else if (gesture === "geste" || gesture === "travail") workForm(bed, what || 0);
  else if (gesture === "note") noteForm(bed);
  else bedScreen(bed);
}

function correctScreen(former) {
  const bed = bedOf(former?.bed);
  if (!former) queueScreen();
  else if (former.kind === "work") workForm(bed, 0, former);
  else if (!bed) queueScreen();
  else if (former.kind === "note") noteForm(bed, former);
  else harvestForm(bed, 0, former);
}

function drawState() {
  const refused = entries.filter((entry) => entry.state === "refused").length;
  const waiting = entries.length - refused;
  const out = signedOut || outbox.trouble === "signed-out";
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

async function refresh() {
  entries = await outbox.all();
  redraw();
}

outbox.addEventListener("change", refresh);
outbox.addEventListener("sent", fetchDay);
addEventListener("hashchange", () => { draw(); scrollTo(0, 0); });
addEventListener("offline", drawState);
addEventListener("online", () => outbox.flush());
document.addEventListener("visibilitychange", () => { if (!document.hidden) outbox.flush(); });

async function registerWorkers() {
  if (!navigator.serviceWorker) return;
  // The page, and what labels open.
  const garden = page.replace(/terrain\/$/, "planche/");
  for (const scope of [page, garden]) await navigator.serviceWorker.register(worker, { scope });
}

registerWorkers();
navigator.storage?.persist?.();
entries = await outbox.all();
draw();
fetchDay();
outbox.flush();
