// The field page: a bed, a gesture, a number. It asks the network for nothing that it cannot do without.
import {
  $, back, badge, choice, el, form, keep, known, moment, notice, numberField, page, photoField, picture, queueScreen,
  show, start, waits, whenField,
} from "../web/field.js";

const ownBed = location.pathname.match(/planche\/(\d+)\/$/)?.[1];

let day = null, block = "", sought = "";

// What is known of the garden.

const bedOf = (id) => day?.beds.find((bed) => bed.id === id);
const productOf = (id) => day?.products.find((product) => product.id === id);
const said = (amount, unit) => `${amount} ${unit}${unit === "pièce" && Number(String(amount).replace(",", ".")) >= 2 ? "s" : ""}`;
const lower = (name) => name.charAt(0).toLowerCase() + name.slice(1);
const isDue = (bed) =>
  day.ripe.some((ripe) => ripe.bed === bed.id && ripe.due !== null) || day.tasks.some((task) => task.bed === bed.id);

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
  const photo = photoField("Photo", former?.photo);
  const when = whenField(former);
  show("Observer", bed.name, back(`#planche-${bed.id}`, bed.name), former && notice("bad", former.message),
    form("Enregistrer", [
      el("div", { class: "field" }, el("label", { for: "text" }, "Ce qui a été vu"), text),
      photo.field,
    ], when, () => {
      const seen = text.value.trim();
      if (!seen && !photo.read()) { text.focus(); return false; }
      const entry = { kind: "note", bed: bed.id, planting: growing.length === 1 ? growing[0].id : null, text: seen, photo: photo.read() };
      return keep({ ...entry, label: `observation, ${bed.name}` }, when, former, `#planche-${bed.id}`);
    }));
}

// Where one is: the address says it, so that the back button works.

function draw() {
  day = known.day;
  const hash = location.hash || (ownBed ? `#planche-${ownBed}` : "#planches");
  const [, name, id, gesture, what] = hash.match(/^#([a-z]+)(?:-(\d+))?(?:\/([a-z]+)(?:-(\d+))?)?$/) ?? [];
  if (name === "heures") workForm(null, 0);
  else if (name === "corriger") correctScreen(known.entries.find((entry) => entry.n === Number(id)));
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

// The page, and what labels open.
start(draw, [page, page.replace(/terrain\/$/, "planche/")]);
