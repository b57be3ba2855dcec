// The road book: the next stop large, one tap when all went as planned, and what differs typed.
import {
  back, badge, el, form, keep, known, notice, photoField, picture, plural, queueScreen, show, signatureField, start,
  waits, whenField,
} from "../web/field.js";

const NUMBER = /^\d{1,7}(?:[.,]\d{1,3})?$/, DEGREES = /^[-−]?\d{1,3}(?:[.,]\d)?$/;
const now = { read: () => new Date().toISOString() };

// What is known of the day.

const tourOf = (id) => known.day.tours.find((tour) => tour.id === id);
const at = (tour, stop) => `#arret-${tour.id}/${stop.rank}`;
const of = (tour, stop) => (entry) => entry.round === tour.id && entry.stop === stop.rank && entry.kind !== "problem";
const refusedAt = (tour, stop) => known.entries.find((entry) => entry.state === "refused" && of(tour, stop)(entry));
const noted = (tour, stop) => waits(of(tour, stop));
const isDone = (tour, stop) => !refusedAt(tour, stop) && (stop.done || noted(tour, stop));
const said = (line) => `${line.quantity} ${line.unit}${line.unit === "pièce" && Number(line.quantity.replace(",", ".")) >= 2 ? "s" : ""}`;

const crates = (stop) => `${plural(stop.crates, "caisse")}${stop.collects ? " à prendre" : ""}`;
const verb = (stop) => stop.collects ? "ramassé" : "livré";
const Verb = (stop) => stop.collects ? "Ramassé" : "Livré";

// The screens.

function toursScreen() {
  const { tours } = known.day;
  if (!tours.length) {
    show("Ma tournée", "", null, notice("warn", "Aucune tournée n’est publiée pour aujourd’hui. Ce qui reste à livrer est à la page Livraisons."));
  } else if (tours.length === 1) tourScreen(tours[0]);
  else {
    show("Quel véhicule ?", "", null, el("div", { class: "field-tiles" }, tours.map((tour) => {
      const left = tour.stops.filter((stop) => !isDone(tour, stop)).length;
      return el("a", { class: "gesture", href: `#tournee-${tour.id}` }, picture("truck"), el("span", { class: "verb" }, tour.vehicle),
        el("span", { class: "about" }, left ? `${plural(left, "arrêt")} à faire, chargement à ${tour.loads}` : "Tout est fait"));
    })));
  }
}

function tourScreen(tour) {
  const next = tour.stops.find((stop) => !isDone(tour, stop));
  const others = tour.stops.filter((stop) => stop !== next);
  show(tour.vehicle, `Chargement à ${tour.loads}, retour vers ${tour.returns} · trajets : ${travel(tour)}`, known.day.tours.length > 1 && back("#tournees", "Les véhicules"),
    next ? stopCard(tour, next, "Prochain arrêt : ") : el("div", { class: "notice ok" }, picture("check"), el("p", {}, `Tout est fait. Retour vers ${tour.returns}.`)),
    others.length > 0 && [el("h2", {}, "Les autres arrêts"), el("ul", { class: "lines" }, others.map((stop) => el("li", {},
      el("div", { class: "grow" }, el("a", { class: "what", href: at(tour, stop) }, `${stop.rank}. ${stop.name}`), el("p", {}, `vers ${stop.expected} · ${crates(stop)}`)),
      mark(tour, stop))))],
    known.day.may_note && el("a", { class: "button big", href: `#tournee-${tour.id}/temperature` }, picture("thermometer"), "Température à bord"));
}

const travel = (tour) => tour.travel.includes("calculé") ? `${tour.travel} · © les contributeurs d’OpenStreetMap (ODbL)` : tour.travel;

const mark = (tour, stop) => refusedAt(tour, stop) ? badge("Refusé", "bad") : noted(tour, stop) ? badge("Noté", "wait") : stop.done ? badge(Verb(stop), "ok") : null;

function stopScreen(tour, stop) {
  show(stop.name, tour.vehicle, back(`#tournee-${tour.id}`, tour.vehicle), stopCard(tour, stop, ""));
}

/** Where, when, what; then what one may do there, the first gesture always under the thumb. */
function stopCard(tour, stop, lead) {
  const refused = refusedAt(tour, stop);
  const line = (row) => el("li", {}, el("div", { class: "grow" }, el("span", { class: "what" }, row.product), " · ", el("b", {}, said(row)),
    (row.about || row.lots.length > 0) && el("p", {}, [row.about, ...row.lots].filter(Boolean).join(" · "))));
  return el("article", { class: "card stack" },
    lead && el("h2", {}, `${lead}${stop.name}`),
    el("p", { class: "field-hour" }, `vers ${stop.expected}`, stop.hours && el("small", {}, ` demandé : ${stop.hours}`)),
    el("p", {}, stop.place, " · ", crates(stop)),
    (stop.phone || stop.position) && el("div", { class: "row" },
      stop.phone && el("a", { class: "button", href: `tel:${stop.phone.replace(/\s/g, "")}` }, picture("phone"), stop.phone),
      stop.position && el("a", { class: "button", href: `geo:${stop.position}?q=${stop.position}` }, picture("map-pin"), "Itinéraire")),
    stop.part && el("p", {}, stop.part),
    stop.lines.length > 0 && el("ul", { class: "lines" }, stop.lines.map(line)),
    !stop.ready && !stop.collects && !stop.done && notice("warn", "Pas encore préparé : rien n’est sur le quai pour cet arrêt."),
    refused && notice("bad", refused.message, " ", el("a", { href: "#envoi" }, "Corriger ou jeter")),
    mark(tour, stop),
    known.day.may_note && gestures(tour, stop));
}

const kindOf = (stop) => stop.part ? "passage" : stop.collects ? "collection" : "delivery";

function gestures(tour, stop) {
  const open = !isDone(tour, stop) && !refusedAt(tour, stop);
  const asPlanned = el("button", { class: "button primary big", type: "button", onclick: () => {
    asPlanned.disabled = true;
    note(tour, stop, { kind: kindOf(stop), lines: stop.lines.map(sent) }, stop.part ? "passage" : `${verb(stop)} comme prévu`, now);
  } }, picture("check-check"), stop.part ? "Passage fait" : `${Verb(stop)} comme prévu`);
  return [open && el("div", { class: "form-actions" }, asPlanned),
    open && !stop.part && el("a", { class: "button big", href: `${at(tour, stop)}/livrer` }, picture("pencil"), "Autrement, ou signé"),
    el("a", { class: "button big", href: `${at(tour, stop)}/probleme` }, picture("triangle-alert"), "Un problème")];
}

/** The words go along, for the day when the line is no longer in the list. */
const sent = ({ id, quantity, product, unit }) => ({ id, quantity, product, unit });

function note(tour, stop, entry, what, when, former) {
  if (entry.kind !== "problem") stop.done = true;
  return keep({ ...entry, round: tour.id, stop: stop.rank, label: `${stop.name}, ${what}` }, when, former, `#tournee-${tour.id}`);
}

// The forms. `former` is an entry that was refused, and comes back with what was typed.

function textField(id, label, optional, attributes, value = "") {
  const input = el("input", { id, autocomplete: "off", value, ...attributes });
  return { input, field: el("div", { class: "field" }, el("label", { for: id }, label, optional && el("small", {}, " facultatif")), input) };
}

/** A number, checked before it is kept: nobody is there to ask again, later. */
function figureField(id, label, unit, value, pattern, example) {
  const input = el("input", { id, inputmode: "decimal", autocomplete: "off", value, "aria-describedby": `${id}-error` });
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true }, `Écrivez un nombre, par exemple ${example}.`);
  const read = () => {
    const typed = input.value.replace(/\s/g, ""), good = pattern.test(typed);
    error.hidden = good;
    input.setAttribute("aria-invalid", String(!good));
    if (good) return typed;
    input.focus();
    return null;
  };
  return { read, field: el("div", { class: "field" }, el("label", { for: id }, label), el("div", { class: "entry" }, input, el("span", { class: "unit", "aria-hidden": "true" }, unit)), error) };
}

function deliverForm(tour, stop, former) {
  const lines = former?.lines ?? stop.lines.map(sent);
  const figures = lines.map((line) => figureField(`line-${line.id}`, line.product, line.unit, line.quantity, NUMBER, "12,5"));
  const reason = textField("reason", "S’il en manque, pourquoi", true, { maxlength: 200 }, former?.reason);
  const name = textField("signed", "Qui a signé", true, { maxlength: 80 }, former?.signed_by);
  const drawn = signatureField("Sa signature, au doigt", former?.signature);
  const when = whenField(former);
  show(stop.name, stop.collects ? "Ce qui a été pris" : "Ce qui a été remis", back(at(tour, stop), stop.name), former && notice("bad", former.message),
    form(Verb(stop), [figures.map((one) => one.field), !stop.collects && reason.field, name.field, drawn.field], when, async () => {
      const read = figures.map((one) => one.read());
      if (read.includes(null)) return false;
      const signature = await drawn.read();
      if (signature && !name.input.value.trim()) { name.input.focus(); return false; }
      const entry = { kind: kindOf(stop), lines: lines.map((line, n) => ({ ...line, quantity: read[n] })), reason: reason.input.value, signed_by: name.input.value, signature };
      return note(tour, stop, entry, verb(stop), when, former);
    }));
}

function problemForm(tour, stop, former) {
  const text = el("textarea", { id: "text", maxlength: 500 });
  text.value = former?.text ?? "";
  const photo = photoField("Photo", former?.photo);
  const when = whenField(former);
  show("Un problème", stop.name, back(at(tour, stop), stop.name), former && notice("bad", former.message),
    form("Enregistrer", [el("div", { class: "field" }, el("label", { for: "text" }, "Ce qui s’est passé"), text), photo.field], when, () => {
      const happened = text.value.trim();
      if (!happened && !photo.read()) { text.focus(); return false; }
      return note(tour, stop, { kind: "problem", text: happened, photo: photo.read() }, "problème", when, former);
    }));
}

function temperatureForm(tour, former) {
  const celsius = figureField("celsius", "Température à bord", "°C", former?.celsius ?? "", DEGREES, "3,5");
  const when = whenField(former);
  show("Température à bord", `${tour.vehicle} · ${tour.limit}`, back(`#tournee-${tour.id}`, tour.vehicle), former && notice("bad", former.message),
    form("Enregistrer", [celsius.field], when, () => {
      const read = celsius.read();
      return read && keep({ kind: "temperature", round: tour.id, celsius: read, label: `${tour.vehicle}, ${read} °C` }, when, former, `#tournee-${tour.id}`);
    }));
}

// Where one is: the address says it, so that the back button works.

function draw() {
  const [, name, id, what] = location.hash.match(/^#([a-z]+)-(\d+)(?:\/([a-z0-9/]+))?$/) ?? [];
  const tour = tourOf(Number(id));
  if (name === "corriger") correctScreen(known.entries.find((entry) => entry.n === Number(id)));
  else if (!tour) toursScreen();
  else if (name === "arret") onStop(tour, ...(what ?? "").split("/"));
  else if (what === "temperature" && known.day.may_note) temperatureForm(tour);
  else tourScreen(tour);
}

function onStop(tour, rank, gesture) {
  const stop = tour.stops.find((one) => one.rank === Number(rank));
  if (!stop) tourScreen(tour);
  else if (gesture === "livrer" && stop.lines.length && known.day.may_note) deliverForm(tour, stop);
  else if (gesture === "probleme" && known.day.may_note) problemForm(tour, stop);
  else stopScreen(tour, stop);
}

function correctScreen(former) {
  const tour = former && tourOf(former.round), stop = tour?.stops.find((one) => one.rank === former.stop);
  if (tour && former.kind === "temperature") temperatureForm(tour, former);
  else if (stop && former.kind === "problem") problemForm(tour, stop, former);
  else if (stop && (former.kind === "delivery" || former.kind === "collection")) deliverForm(tour, stop, former);
  else queueScreen();
}

start(draw);
