// A planned planting moves by drag or by keyboard; as it moves, the server says what the rules object.
// Without this file, the planting's own page does the same.

const WAIT_MS = 250;
const SLIP_PX = 4;
let move = null; // the planting in hand

const grid = () => document.getElementById("calendar");
const verdict = () => document.getElementById("verdict");
const weeks = () => grid().dataset.weeks.split(" ");
const rows = () => [...grid().querySelectorAll("svg[data-place]")];
const say = (text) => { document.getElementById("said").textContent = text; };

const weekIndex = (name) => {
  const at = weeks().indexOf(name);
  return at < 0 ? 0 : at;
};

const begin = (bar) => {
  if (move) cancel();
  const row = bar.closest("svg[data-place]");
  const shape = bar.querySelector("svg");
  move = { bar, shape, home: { row, x: shape.getAttribute("x"), next: bar.nextSibling }, row, week: weekIndex(bar.dataset.week), checked: null };
  bar.classList.add("moving");
  grid().classList.add("moving-on");
};

const place = (row, week) => {
  const count = weeks().length;
  week = Math.max(0, Math.min(count - 1, week));
  if (row === move.row && week === move.week) return;
  const focused = document.activeElement === move.bar;
  if (row !== move.row) row.append(move.bar); // drawn last, above its neighbours
  move.row = row;
  move.week = week;
  move.shape.setAttribute("x", `${(week * 100) / count}%`);
  if (focused) move.bar.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  const [year, number] = weeks()[week].split("-W");
  say(`${move.bar.dataset.crop}, ${row.dataset.name}, semaine ${Number(number)} de ${year}.`);
  check();
};

// One question at a time, once the hand rests.
const check = () => {
  const mine = move;
  clearTimeout(mine.timer);
  mine.asking?.abort();
  mine.asking = new AbortController();
  mine.checked = new Promise((resolve) => {
    mine.timer = setTimeout(async () => {
      const asked = new URLSearchParams({ planche: mine.row.dataset.place, semaine: weeks()[mine.week], retour: grid().dataset.back });
      try {
        const answer = await fetch(`${grid().dataset.base}${mine.bar.dataset.move}/verifier/?${asked}`, { signal: mine.asking.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        show(mine, await answer.text());
        resolve(true);
      } catch (error) {
        if (error.name !== "AbortError" && move === mine) {
          say("Le serveur ne répond pas : rien n’est déplacé. Réessayez.");
          cancel();
        }
        resolve(false);
      }
    }, WAIT_MS);
  });
};

const show = (mine, html) => {
  if (move !== mine) return;
  const panel = verdict();
  panel.innerHTML = html;
  panel.hidden = false;
  window.htmx?.process(panel);
  const told = [...panel.querySelectorAll(".notice p")].map((p) => p.textContent).join(" ");
  say(told);
};

const drop = async () => {
  const mine = move;
  if (!mine?.checked) return cancel(); // it has not moved
  if (!(await mine.checked) || move !== mine) return;
  const form = verdict().querySelector("form");
  const reason = form.querySelector("[name=reason]");
  if (reason && !reason.value.trim()) reason.focus();
  else if (form.querySelector("button:not([type=button])")) form.requestSubmit();
  else form.querySelector("[data-cancel]").focus();
};

const cancel = () => {
  if (!move) return;
  const { bar, shape, home } = move;
  clearTimeout(move.timer);
  move.asking?.abort();
  shape.setAttribute("x", home.x);
  home.row.insertBefore(bar, home.next);
  bar.classList.remove("moving");
  grid().classList.remove("moving-on");
  verdict().hidden = true;
  verdict().replaceChildren();
  if (move.checked) say(`${bar.dataset.crop} reste où elle était.`);
  move = null;
  bar.focus({ preventScroll: true });
};

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && move) return cancel();
  const bar = event.target.closest?.("a[data-move]");
  if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && move?.bar === bar) {
    event.preventDefault();
    drop();
  } else if (STEPS[event.key]) {
    event.preventDefault();
    if (move?.bar !== bar) begin(bar);
    const [down, right] = STEPS[event.key];
    const lines = rows();
    const at = lines.indexOf(move.row) + down;
    place(lines[Math.max(0, Math.min(lines.length - 1, at))], move.week + right);
  }
});

// By mouse or pen; a finger scrolls, and opens the planting's page.
let held = null;
document.addEventListener("pointerdown", (event) => {
  const bar = event.target.closest?.("a[data-move]");
  if (!bar || event.button !== 0 || event.pointerType === "touch") return;
  const box = bar.closest("svg[data-place]").getBoundingClientRect();
  const slot = box.width / weeks().length;
  held = { bar, x: event.clientX, y: event.clientY, slot, from: weekIndex(bar.dataset.week), moved: false };
  if (move?.bar === bar) held.from = move.week;
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  if (!held.moved && Math.hypot(event.clientX - held.x, event.clientY - held.y) < SLIP_PX) return;
  if (!held.moved) {
    held.moved = true;
    if (move?.bar !== held.bar) begin(held.bar);
  }
  event.preventDefault();
  const under = rows().find((row) => {
    const box = row.getBoundingClientRect();
    return event.clientY >= box.top && event.clientY < box.bottom;
  });
  place(under ?? move.row, held.from + Math.round((event.clientX - held.x) / held.slot));
});

document.addEventListener("pointerup", () => {
  const { moved } = held ?? {};
  held = moved ? { done: true } : null;
  if (moved) {
    setTimeout(() => { held = null; });
    drop();
  }
});
document.addEventListener("pointercancel", () => {
  held = null;
  cancel();
});
document.addEventListener("click", (event) => {
  if (held?.done && event.target.closest?.("a[data-move]")) event.preventDefault();
  if (event.target.closest?.("[data-cancel]")) cancel();
}, true);
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("a[data-move]")) event.preventDefault();
});
// The page has changed under the hand: nothing is held any more.
document.addEventListener("htmx:afterSwap", () => { move = held = null; });
